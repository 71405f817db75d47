//! As much of a browser as it takes to fill in a form and send it, without script.

use axum::body::Body;
use axum::http::{Request, header};
use rulegate::auth::sign_in::csrf_of;
use scraper::{ElementRef, Html, Selector};

use super::table::Case;
use crate::harness::world::{Answer, World};

/// Somebody's browser with the cookies it holds.
pub struct Browser<'w> {
    world: &'w World,
    cookies: Vec<String>,
}

impl<'w> Browser<'w> {
    /// The browser of a person who is signed in, or of nobody.
    pub async fn of(world: &'w World, who: &str) -> Browser<'w> {
        let cookies = match who {
            "nobody" => Vec::new(),
            who => vec![world.sign_in(who).await],
        };
        Browser { world, cookies }
    }

    /// What forms of this sign-in carry.
    pub fn csrf(&self) -> String {
        csrf_of(self.cookies[0].trim_start_matches("rulegate="))
    }

    pub async fn open(&mut self, address: &str) -> Result<Answer, String> {
        let page = self.world.get(&self.cookies.join("; "), address).await;
        let set = page.headers.get_all(header::SET_COOKIE).iter();
        let pair = |line: &str| line.split(';').next().unwrap_or_default().to_owned();
        self.cookies
            .extend(set.map(|line| pair(line.to_str().unwrap())));
        match page.status.is_success() {
            true => Ok(page),
            false => Err(format!("{address} answers {}", page.status)),
        }
    }

    pub async fn send(&self, form: &FormOnPage) -> Answer {
        let body = serde_html_form::to_string(form.sent()).unwrap();
        let request = Request::post(&form.action)
            .header(header::COOKIE, self.cookies.join("; "))
            .header(header::HOST, "portal.test")
            .header(header::ORIGIN, "http://portal.test")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.world
            .send(request.body(Body::from(body)).unwrap())
            .await
    }
}

/// One field as it stands on a page.
struct Field {
    name: String,
    value: String,
    kind: String,
    /// Not the unticked boxes and unchosen options.
    is_sent: bool,
    is_at_fault: bool,
}

/// A form with its fields.
pub struct FormOnPage {
    pub action: String,
    fields: Vec<Field>,
}

impl FormOnPage {
    /// A form that no page has.
    pub fn nowhere(address: &str) -> FormOnPage {
        FormOnPage {
            action: address.to_owned(),
            fields: Vec::new(),
        }
    }

    /// The first form of a page that is sent where the case says and has the fields that it fills in; after a refusal
    /// the one that came back.
    pub fn find(page: &Answer, case: &Case) -> Result<FormOnPage, String> {
        let html = Html::parse_document(&page.text);
        let on_page = case.stands_as.unwrap_or(case.form);
        let sent_there = |form: &ElementRef| {
            let action = form.attr("action").unwrap_or_default();
            fits(on_page, action)
        };
        let of_page = Selector::parse("main form, body > header form").unwrap();
        let mut forms: Vec<ElementRef> = html.select(&of_page).filter(sent_there).collect();
        if !page.status.is_success() {
            forms.retain(|form| form.attr("data-returned").is_some());
        }
        let read = |form: ElementRef| FormOnPage {
            action: as_sent(case, on_page, form.attr("action").unwrap_or_default()),
            fields: form
                .select(&css("input, textarea, select"))
                .flat_map(read)
                .collect(),
        };
        let mut read = forms.into_iter().map(read);
        let fits = |form: &FormOnPage| case.filled().all(|(name, _)| form.has(name));
        read.find(fits)
            .ok_or_else(|| "the page has no such form".to_owned())
    }

    fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }

    /// Types into a field, ticks a box or chooses an option.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let mut found = false;
        for field in self.fields.iter_mut().filter(|field| field.name == name) {
            if ["radio", "checkbox", "option"].contains(&field.kind.as_str()) {
                field.is_sent = field.value == value;
            } else {
                field.value = value.to_owned();
            }
            found |= field.is_sent && field.value == value;
        }
        match found {
            true => Ok(()),
            false => Err(format!("{name} cannot be {value:?}")),
        }
    }

    /// Sends a value that the page does not give.
    pub fn put(&mut self, name: &str, value: &str) {
        self.fields.retain(|field| field.name != name);
        self.fields.push(Field {
            name: name.to_owned(),
            value: value.to_owned(),
            kind: "hidden".into(),
            is_sent: true,
            is_at_fault: false,
        });
    }

    fn sent(&self) -> Vec<(&str, &str)> {
        let sent = self.fields.iter().filter(|field| field.is_sent);
        sent.map(|field| (field.name.as_str(), field.value.as_str()))
            .collect()
    }

    pub fn is_secret(&self, name: &str) -> bool {
        let mut named = self.fields.iter().filter(|field| field.name == name);
        named.any(|field| field.kind == "password")
    }

    pub fn holds(&self, name: &str, value: &str) -> bool {
        self.sent().contains(&(name, value))
    }

    pub fn is_at_fault(&self, name: &str) -> bool {
        let mut named = self.fields.iter().filter(|field| field.name == name);
        named.any(|field| field.is_at_fault)
    }
}

fn css(selector: &str) -> Selector {
    Selector::parse(selector).unwrap()
}

/// A field as the browser would send it; a select as its options.
fn read(element: ElementRef) -> Vec<Field> {
    let is_at_fault = element.attr("aria-invalid") == Some("true");
    let field = |kind: &str, value: String, is_sent| Field {
        name: element.attr("name").unwrap_or_default().to_owned(),
        value,
        kind: kind.to_owned(),
        is_sent,
        is_at_fault,
    };
    let value = |element: &ElementRef| element.attr("value").unwrap_or_default().to_owned();
    match element.value().name() {
        "textarea" => vec![field("textarea", element.text().collect(), true)],
        "select" => {
            let options: Vec<ElementRef> = element.select(&css("option")).collect();
            let chosen = options.iter().position(|o| o.attr("selected").is_some());
            let option = |(at, option): (usize, &ElementRef)| {
                field("option", value(option), at == chosen.unwrap_or(0))
            };
            options.iter().enumerate().map(option).collect()
        }
        _ => {
            let kind = element.attr("type").unwrap_or("text");
            let is_sent = match kind {
                "radio" | "checkbox" => element.attr("checked").is_some(),
                kind => kind != "file",
            };
            vec![field(kind, value(&element), is_sent)]
        }
    }
}

/// True if an action leads to the address of a form: `{name}` stands for anything.
fn fits(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (segments(pattern), segments(action));
    let fits = |(one, other): (&&str, &&str)| one.starts_with('{') || one == other;
    pattern.len() == action.len() && pattern.iter().zip(&action).all(fits)
}

/// The action itself, or the case's own address with the same names in it.
fn as_sent(case: &Case, on_page: &str, action: &str) -> String {
    if case.form == on_page {
        return action.to_owned();
    }
    let given: Vec<(&str, &str)> = segments(on_page)
        .into_iter()
        .zip(segments(action))
        .collect();
    let named = |part: &str| {
        let name = given.iter().find(|(name, _)| *name == part);
        name.filter(|_| part.starts_with('{'))
            .map_or(part.to_owned(), |(_, value)| (*value).to_owned())
    };
    let parts: Vec<String> = case.form.split('/').map(named).collect();
    parts.join("/")
}

fn segments(address: &str) -> Vec<&str> {
    let path = address.split('?').next().unwrap_or_default();
    path.split('/').collect()
}

/// What an answer says of the refusal: above its page, or instead of one.
pub fn alerts(answer: &Answer) -> Vec<String> {
    answer.select("main [role=alert], main .fault")
}
