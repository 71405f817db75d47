//! A real headless Chromium against a real demonstration: everything a browser journey stands on.

pub mod axe;
pub mod served;

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use thirtyfour::prelude::*;

/// How long a page may take to show what is waited for.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A demonstration in a folder of its own; ends with its value.
pub struct Demo {
    process: Child,
    /// The first site's address.
    pub url: String,
    /// `demo.json`.
    pub file: serde_json::Value,
    /// Its folder; gone afterwards.
    pub dir: tempfile::TempDir,
}

/// The binary under test: `RULEGATE_BINARY`, else the debug build.
pub fn binary() -> PathBuf {
    match std::env::var_os("RULEGATE_BINARY") {
        Some(path) => path.into(),
        None => PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../target/debug/rulegate"
        )),
    }
}

impl Demo {
    /// Starts one and waits until it says that it is ready.
    pub fn start() -> Demo {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mut process = Command::new(binary())
            .args(["demo", "--listen", "127.0.0.1:0", "--data"])
            .arg(dir.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("cannot start {}: {e}; build it first", binary().display()));
        let mut line = String::new();
        let out = process.stdout.take().expect("its output");
        BufReader::new(out)
            .read_line(&mut line)
            .expect("its first line");
        let url = line
            .trim()
            .strip_prefix("ready ")
            .unwrap_or_else(|| panic!("not ready: {line:?}"))
            .to_owned();
        let text = std::fs::read_to_string(dir.path().join("demo.json")).expect("demo.json");
        let file = serde_json::from_str(&text).expect("demo.json is JSON");
        Demo {
            process,
            url,
            file,
            dir,
        }
    }

    /// The password of a sample account.
    pub fn password(&self, name: &str) -> String {
        let accounts = self.file["accounts"].as_array().expect("accounts");
        let account = accounts
            .iter()
            .find(|account| account["name"] == name)
            .expect("a sample account");
        account["password"].as_str().expect("a password").to_owned()
    }

    /// Runs the binary and returns its exit code and output.
    pub fn run(&self, args: &[&str]) -> (i32, String) {
        let output = Command::new(binary())
            .args(args)
            .output()
            .expect("the binary runs");
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        (output.status.code().unwrap_or(-1), text)
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A browser with its driver; both end with the value.
pub struct Browser {
    driver_process: Child,
    /// The driver's client.
    pub driver: WebDriver,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// A fresh profile, in the given colour scheme and window width.
    pub async fn open(dark: bool, width: u32) -> Browser {
        let port = free_port();
        let driver_process = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed (Debian package chromium-driver)");
        let profile = tempfile::tempdir().expect("a temporary folder");
        let mut capabilities = DesiredCapabilities::chrome();
        let mut arguments = vec![
            "--headless=new".to_owned(),
            // Browsers refuse their sandbox to root, as which tests run in containers.
            "--no-sandbox".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-gpu".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            format!("--window-size={width},1200"),
            format!("--user-data-dir={}", profile.path().display()),
        ];
        if dark {
            arguments.push("--blink-settings=preferredColorScheme=0".to_owned());
        }
        for argument in &arguments {
            capabilities.add_arg(argument).expect("an argument");
        }
        let address = format!("http://127.0.0.1:{port}");
        let deadline = std::time::Instant::now() + PATIENCE;
        let driver = loop {
            match WebDriver::new(&address, capabilities.clone()).await {
                Ok(driver) => break driver,
                Err(error) if std::time::Instant::now() > deadline => panic!("no browser: {error}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        };
        Browser {
            driver_process,
            driver,
            _profile: profile,
        }
    }

    /// Ends the browser in good order; call before the test's last assertion can fail it.
    pub async fn close(self) {
        let _ = self.driver.clone().quit().await;
    }

    /// Signs in as a sample person and lands on `path`.
    pub async fn sign_in(&self, demo: &Demo, name: &str, path: &str) -> WebDriverResult<()> {
        self.driver.delete_all_cookies().await?;
        self.driver
            .goto(format!("{}/sign-in?next={path}", demo.url))
            .await?;
        self.fill("name", name).await?;
        self.fill("password", &demo.password(name)).await?;
        self.click("form[action='/sign-in'] button").await?;
        self.see("header.bar .who").await?;
        Ok(())
    }

    /// Waits for an element and returns it.
    pub async fn see(&self, css: &str) -> WebDriverResult<WebElement> {
        self.driver
            .query(By::Css(css.to_owned()))
            .wait(PATIENCE, Duration::from_millis(50))
            .first()
            .await
    }

    /// Puts a text into a field.
    pub async fn fill(&self, name: &str, text: &str) -> WebDriverResult<()> {
        let field = self.see(&format!("[name='{name}']")).await?;
        field.clear().await?;
        field.send_keys(text).await
    }

    /// Scrolls to an element and clicks it.
    pub async fn click(&self, css: &str) -> WebDriverResult<()> {
        let element = self.see(css).await?;
        element.scroll_into_view().await?;
        element.click().await
    }

    /// Types on the keyboard, whatever has the focus.
    pub async fn keys(&self, keys: impl Into<String>) -> WebDriverResult<()> {
        let chain = self.driver.action_chain();
        chain.send_keys(keys.into()).perform().await
    }

    /// Presses a key until what has the focus matches a selector.
    pub async fn key_until(&self, key: Key, css: &str) -> WebDriverResult<()> {
        for _ in 0..200 {
            if self.has_focus(css).await? {
                return Ok(());
            }
            self.keys(char::from(key.clone()).to_string()).await?;
        }
        panic!("no key leads to {css}");
    }

    /// True if what has the focus matches a selector.
    pub async fn has_focus(&self, css: &str) -> WebDriverResult<bool> {
        let script = "return document.activeElement !== null && document.activeElement.matches(arguments[0])";
        let found = self.driver.execute(script, vec![css.into()]).await?;
        found.convert()
    }

    /// The page's text.
    pub async fn text(&self) -> WebDriverResult<String> {
        self.see("body").await?.text().await
    }

    /// Waits until the page's text holds `words`.
    pub async fn read(&self, words: &str) -> WebDriverResult<String> {
        let deadline = std::time::Instant::now() + PATIENCE;
        loop {
            let text = self.text().await.unwrap_or_default();
            if text.contains(words) {
                return Ok(text);
            }
            assert!(
                std::time::Instant::now() < deadline,
                "never read {words:?} on:\n{text}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.driver_process.kill();
        let _ = self.driver_process.wait();
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|l| l.local_addr())
        .expect("a free port")
        .port()
}
