//! axe-core on the page that a browser shows.

use std::time::Duration;

use thirtyfour::prelude::*;

use crate::Browser;

const AXE: &str = include_str!("../axe/axe.min.js");

/// Everything that axe-core finds wrong with the page: levels A and AA of WCAG up to 2.2, and its good practice.
/// One line each: the rule, then the first elements.
pub async fn violations(browser: &Browser) -> WebDriverResult<Vec<String>> {
    let driver = &browser.driver;
    driver.set_script_timeout(Duration::from_secs(180)).await?;
    driver.execute(AXE, Vec::new()).await?;
    let script = "const done = arguments[arguments.length - 1]; \
        const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']; \
        axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']}).then( \
          found => done(found.violations.map(v => v.id + ': ' + v.help + ' | ' + v.nodes.slice(0, 3).map( \
            n => n.target.join(' ') + ' ' + n.html.slice(0, 160) + ' ' + n.any.map(a => a.message).join('; ')).join(' | '))), \
          error => done(['axe-core broke: ' + error]))";
    let found = driver.execute_async(script, Vec::new()).await?;
    found.convert()
}
