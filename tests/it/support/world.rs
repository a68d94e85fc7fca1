//! The server of a test: a folder with its files, the real assembly on free ports, a client.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use envoy_types::pb::envoy::service::auth::v3::{
    CheckRequest, authorization_client::AuthorizationClient,
};
use portcullis::app::App;
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};
use tonic::transport::Channel;

use super::{Issuer, Told, issuer::AUDIENCE};

/// A policy with a rule for each thing that the tests ask.
pub(crate) const POLICY: &str = r#"
apiVersion: api.cerbos.dev/v1
resourcePolicy:
  resource: invoice
  version: default
  rules:
    - actions: [view, list]
      roles: [viewer]
      effect: EFFECT_ALLOW
    - actions: [edit]
      roles: [accountant]
      effect: EFFECT_ALLOW
      condition:
        match:
          expr: R.attr.org == "acme"
"#;

pub(crate) const ROUTES: &str = r#"
routes:
  - path: /v1/orgs/{org}/invoices
    resource: { kind: invoice, id: all, attr: { org: "{org}" } }
  - path: /v1/orgs/{org}/invoices/{invoice}
    resource: { kind: invoice, id: "{invoice}", attr: { org: "{org}" } }
    actions: { GET: view, PATCH: edit }
  - path: /healthz
    public: [GET]
"#;

pub(crate) struct World {
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) folder: TempDir,
    pub(crate) admin: String,
    pub(crate) ext_authz: String,
    /// Where logout tokens are taken; empty if they are not.
    pub(crate) logout: String,
    /// Where Cerbos's API is, if it is: HTTP, then gRPC.
    pub(crate) api: (String, String),
    /// Where backends fetch keys, beside the admin listener; empty if nowhere.
    pub(crate) published_keys: String,
    client: AuthorizationClient<Channel>,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<anyhow::Result<()>>,
}

/// What a test changes of the usual world before it starts.
#[derive(Default)]
pub(crate) struct WorldBuilder {
    listen: Option<String>,
    issuer: Option<Arc<Issuer>>,
    issuer_is_away: bool,
    issuer_keys: String,
    engine: Option<String>,
    sections: String,
    files: Vec<(String, String)>,
}

/// A configuration for one issuer.
pub(crate) fn config(issuer: &str, listen: &str, admin: &str) -> String {
    format!(
        "issuers:\n  - issuer: {issuer}\n    audience: {AUDIENCE}\n    \
         roles: https://invoices.example/roles\npolicies: policies\nroutes: routes.yaml\n\
         listen: {listen}\nadmin: {{ address: '{admin}' }}\nshutdown: {{ settle: 0s }}\n"
    )
}

// === impl WorldBuilder ===

impl WorldBuilder {
    /// `listen:` in place of a free port of loopback.
    pub(crate) fn listen(mut self, listen: &str) -> Self {
        self.listen = Some(listen.to_owned());
        self
    }

    /// The issuer does not answer: the server starts all the same, and never becomes ready.
    pub(crate) fn issuer_away(mut self) -> Self {
        self.issuer_is_away = true;
        self
    }

    /// The issuer of another world, as replicas have the same one.
    pub(crate) fn issuer(mut self, issuer: &Arc<Issuer>) -> Self {
        self.issuer = Some(issuer.clone());
        self
    }

    /// More keys of the issuer, such as `logout_clients: [web]`.
    pub(crate) fn issuer_key(mut self, line: &str) -> Self {
        self.issuer_keys.extend(["    ", line, "\n"]);
        self
    }

    /// Another PDP in place of the policies: the entries of `engine.cerbos`.
    pub(crate) fn pdp(mut self, entries: &str) -> Self {
        self.engine = Some(format!("engine: {{ cerbos: {{ {entries} }} }}\n"));
        self
    }

    /// More of the configuration.
    pub(crate) fn section(mut self, line: &str) -> Self {
        self.sections.extend([line, "\n"]);
        self
    }

    /// A file of the folder, in place of the usual one or beside it.
    pub(crate) fn file(mut self, path: &str, text: &str) -> Self {
        self.files.push((path.to_owned(), text.to_owned()));
        self
    }

    /// Starts the world, and waits until it is ready.
    pub(crate) async fn start(self) -> World {
        let never_ready = self.issuer_is_away;
        let world = self.begin().await;
        if !never_ready {
            world.wait_until_ready().await;
        }
        world
    }

    /// Starts a world that may not become ready.
    pub(crate) async fn begin(self) -> World {
        let issuer = match self.issuer {
            Some(issuer) => issuer,
            None => Arc::new(Issuer::start().await),
        };
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("policies/invoice.yaml", POLICY);
        write("routes.yaml", ROUTES);
        let listen = self.listen.as_deref().unwrap_or("{ address: '127.0.0.1:0' }");
        let config = config(&issuer.url, listen, "127.0.0.1:0");
        let (of_issuer, rest) = config.split_once("policies:").unwrap();
        let (more, sections) = (&self.issuer_keys, &self.sections);
        let file = format!("{of_issuer}{more}policies:{rest}{sections}");
        let engine = self.engine.as_deref().unwrap_or("policies: policies\n");
        write("portcullis.yaml", &file.replacen("policies: policies\n", engine, 1));
        for (path, text) in &self.files {
            write(path, text);
        }
        if self.issuer_is_away {
            issuer.stop();
        }
        Box::pin(World::run(issuer, folder)).await
    }
}

// === impl World ===

impl World {
    pub(crate) fn builder() -> WorldBuilder {
        WorldBuilder::default()
    }

    async fn run(issuer: Arc<Issuer>, folder: TempDir) -> Self {
        let file = folder.path().join("portcullis.yaml");
        let config = portcullis::config::load(&file).unwrap_or_else(|errors| panic!("{errors}"));
        let app =
            Box::pin(App::build(file, config)).await.unwrap_or_else(|error| panic!("{error:#}"));
        let ext_authz = app.ext_authz_address().unwrap();
        let admin = app.admin_address().unwrap().to_string();
        let logout = app.logout_address().unwrap().unwrap_or_default();
        let api = app.api_addresses().unwrap().unwrap_or_default();
        let published_keys = app.published_keys_address().unwrap().unwrap_or_default();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(app.run(async move {
            let _dropped = stopped.await;
        }));
        let channel = Channel::from_shared(format!("http://{ext_authz}")).unwrap().connect_lazy();
        let client = AuthorizationClient::new(channel);
        Self {
            issuer,
            folder,
            admin,
            ext_authz,
            logout,
            api,
            published_keys,
            client,
            stop: Some(stop),
            server,
        }
    }

    pub(crate) async fn wait_until_ready(&self) {
        for _ in 0..200 {
            if self.get("/readyz").await.0 == 200 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the server did not become ready: {:?}", self.get("/readyz").await);
    }

    /// Asks as Envoy asks.
    pub(crate) async fn ask(&self, request: CheckRequest) -> Told {
        let response = Box::pin(self.client.clone().check(request)).await.unwrap();
        Told::of(response.get_ref())
    }

    /// A page of the admin listener.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let response = reqwest::get(format!("http://{}{path}", self.admin)).await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    pub(crate) async fn post(&self, path: &str) -> (u16, String) {
        let url = format!("http://{}{path}", self.admin);
        let response = reqwest::Client::new().post(url).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Says stop, and waits for the end.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        drop(self.stop.take());
        self.server.await.unwrap()
    }
}
