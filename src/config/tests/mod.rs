mod assertion;
mod defaults;
mod errors;
mod full;
mod issuers;
mod revocation;
mod routes;
mod schema;

use std::{fs, path::PathBuf};

use super::{Config, Environment, load_with};

/// Auth0 in six lines.
const SIX_LINES: &str = "\
auth0:
  domain: brightpay.eu.auth0.com
  audience: https://api.brightpay.example/v1
  roles: https://brightpay.example/roles
policies: policies
routes: routes.yaml
";

const ROUTES: &str = "\
routes:
  - path: /v1/orgs/{org}/invoices/{invoice}
    resource: { kind: invoice, id: \"{invoice}\", scope: \"{org}\", attr: { org: \"{org}\" } }
    actions: { GET: view, PATCH: edit, DELETE: delete }
  - path: /healthz
    public: [GET]
";

/// A folder with a configuration and perhaps a file of routes.
struct Folder {
    folder: tempfile::TempDir,
}

impl Folder {
    fn new(config: &str) -> Self {
        let folder = Self { folder: tempfile::tempdir().unwrap() };
        folder.write("portcullis.yaml", config);
        folder
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.path(file), text).unwrap();
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    /// The configuration, or its errors with the files' names alone.
    fn load(&self, variables: &[(&str, &str)]) -> Result<Config, String> {
        let environment: Environment = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let folder = format!("{}/", self.folder.path().display());
        load_with(&self.path("portcullis.yaml"), &environment)
            .map_err(|errors| errors.to_string().replace(&folder, ""))
    }
}

/// Reads a configuration beside which [`ROUTES`] are `routes.yaml`.
fn read(config: &str) -> Result<Config, String> {
    let folder = Folder::new(config);
    folder.write("routes.yaml", ROUTES);
    folder.load(&[])
}

/// Reads [`SIX_LINES`] and more.
fn read_with(more: &str) -> Result<Config, String> {
    read(&format!("{SIX_LINES}{more}"))
}
