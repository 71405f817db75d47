//! A world of the other tests behind a real port, so that a browser can come to it.

use thirtyfour::prelude::*;
use tokio::sync::watch;

use crate::Browser;

#[path = "../../it/harness/world.rs"]
#[allow(dead_code, missing_docs)]
pub mod world;

use world::World;

/// A site in memory that browsers can open; ends with its value.
pub struct Served {
    /// Everything a test can do to it without a browser.
    pub world: World,
    /// Its address.
    pub url: String,
    _end: watch::Sender<bool>,
}

impl Served {
    /// Serves a world on a free port.
    pub async fn start(world: World) -> Served {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("its address");
        let (end, ended) = watch::channel(false);
        tokio::spawn(rulegate::ops::server::serve(
            listener,
            world.router.clone(),
            ended,
        ));
        Served {
            world,
            url: format!("http://{address}"),
            _end: end,
        }
    }

    /// Signs a sample person in and opens `path`.
    pub async fn open(&self, browser: &Browser, name: &str, path: &str) -> WebDriverResult<()> {
        let cookie = self.world.sign_in(name).await;
        let (key, secret) = cookie.split_once('=').expect("a cookie");
        let driver = &browser.driver;
        driver.goto(format!("{}/static/icon.svg", self.url)).await?;
        driver.delete_all_cookies().await?;
        driver.add_cookie(Cookie::new(key, secret)).await?;
        driver.goto(format!("{}{path}", self.url)).await?;
        browser.see("header.bar .who").await?;
        Ok(())
    }
}
