//! Cerbos's functions of paths, Unix's and Windows's.

mod encoded;
mod glob;

use super::{Call, Family, Mismatch, quoted::Quoted};
use crate::engine::cel::{
    eval::{Evaluated, Fault},
    value::V,
};
use encoded::{Encoded, Style, clean, relative};

pub(super) const FAMILY: Family = Family {
    mismatch: Mismatch::Named,
    functions: &[
        ("basePath: (string) -> string", base),
        ("dirPath: (string) -> string", directory),
        ("extPath: (string) -> string", extension),
        ("joinPath: (list(string)) -> string", join),
        ("pathHasPrefix: (string, string) -> bool", has_prefix),
        ("pathHasPrefix: string.(string) -> bool", has_prefix),
        ("pathMatch: (string, string) -> bool", matches),
        ("pathMatch: string.(string) -> bool", matches),
        ("pathMatchAnyOf: (string, list(string)) -> bool", matches_any_of),
        ("pathMatchAnyOf: string.(list(string)) -> bool", matches_any_of),
        ("relPath: (string, string) -> string", relative_path),
        ("volumeName: (string) -> string", volume),
    ],
};

impl<'a> Call<'_, 'a> {
    fn encode(&self, text: &str, what: &str) -> Result<Encoded, Fault<'a>> {
        self.run.charge_bytes(text.len())?;
        Encoded::new(text).ok_or_else(|| {
            self.run.fail(format_args!("failed to encode {what} {text}: unsupported Win32 path"))
        })
    }

    /// The argument as a path.
    fn path(&self) -> Result<Encoded, Fault<'a>> {
        self.encode(self.string(0)?, "path")
    }
}

fn base<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    call.run.string(call.path()?.base())
}

fn directory<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let path = call.path()?;
    if path.is_root() {
        return call.run.string(&path.root());
    }
    match path.directory() {
        Some(directory) => call.run.string(&path.style.decode(&directory)),
        // Cerbos cuts at the last slash, and there is none.
        None => {
            Err(call.run.panic("internal error: runtime error: slice bounds out of range [:-1]"))
        }
    }
}

fn extension<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let path = call.path()?;
    let last = path.text.rsplit('/').next().unwrap_or_default();
    let extension = last.rfind('.').and_then(|dot| last.get(dot..));
    call.run.string(extension.unwrap_or_default())
}

fn join<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let texts = call.texts(0)?;
    let [first, rest @ ..] = texts.as_slice() else { return call.run.string("") };
    if rest.is_empty() {
        return call.run.string(first);
    }
    let first = call.encode(first, "first path")?;
    let mut joined = first.text.clone();
    for text in rest {
        joined.push('/');
        joined.push_str(&call.encode(text, "path")?.text);
    }
    call.run.string(&first.style.decode(&clean(&joined)))
}

fn relative_path<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let base = call.encode(call.string(0)?, "base path")?;
    let target = call.encode(call.string(1)?, "target path")?;
    let path = relative(&base.text, &target.text);
    let path = path.ok_or_else(|| unrelated(call, call.string(1), &base, &target))?;
    // A path that leads elsewhere has no volume to be restored.
    let style = if target.style == Style::Unix { Style::Unix } else { Style::Windows };
    call.run.string(&style.decode(&path))
}

fn has_prefix<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let (text, prefix) = (call.string(0)?, call.string(1)?);
    if text == prefix {
        return Ok(V::Bool(true));
    }
    let (prefix, path) = (call.encode(prefix, "base path")?, call.encode(text, "target path")?);
    let rest = relative(&prefix.text, &path.text);
    let rest = rest.ok_or_else(|| unrelated(call, Ok(text), &prefix, &path))?;
    Ok(V::Bool(!rest.starts_with(['.', '/'])))
}

fn unrelated<'a>(
    call: &Call<'_, 'a>,
    text: Result<&'a str, Fault<'a>>,
    base: &Encoded,
    target: &Encoded,
) -> Fault<'a> {
    let text = text.unwrap_or_default();
    let (base, target) = (&base.text, &target.text);
    call.run.fail(format_args!(
        "failed to determine relative path of {text}: Rel: can't make {target} relative to {base}"
    ))
}

fn matches<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let path = call.path()?;
    is_match(call, &path, call.string(1)?).map(V::Bool)
}

fn matches_any_of<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let patterns = call.texts(1)?;
    let path = call.path()?;
    for pattern in patterns {
        if is_match(call, &path, pattern)? {
            return Ok(V::Bool(true));
        }
    }
    Ok(V::Bool(false))
}

fn is_match<'a>(call: &Call<'_, 'a>, path: &Encoded, written: &str) -> Result<bool, Fault<'a>> {
    let pattern = call.encode(written, "pattern")?;
    let length = path.text.len();
    call.run.charge_bytes(length.saturating_mul(pattern.text.len()))?;
    glob::is_match(&pattern.text, &path.text).ok_or_else(|| {
        let (pattern, path) = (Quoted(written), Quoted(call.string(0).unwrap_or_default()));
        call.run.fail(format_args!(
            "failed to match pattern {pattern} on path {path}: syntax error in pattern"
        ))
    })
}

fn volume<'a>(call: &Call<'_, 'a>) -> Evaluated<'a> {
    let text = call.string(0)?;
    call.run.charge_bytes(text.len())?;
    call.run.string(encoded::volume(text))
}
