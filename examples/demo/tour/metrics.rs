//! What portcullis's metrics say about its decision cache.

use anyhow::Context as _;

use crate::{http, world::World};

const COUNTER: &str = "portcullis_decision_cache_total";

/// How often the decision cache was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheCounts {
    pub hits: u64,
    pub misses: u64,
}

// === impl CacheCounts ===

impl CacheCounts {
    pub async fn read(world: &World) -> anyhow::Result<Self> {
        let page = http::get(world.portcullis_admin, "/metrics").await?;
        let text = std::str::from_utf8(&page.body).context("the metrics are not text")?;
        Ok(Self { hits: count(text, "hit"), misses: count(text, "miss") })
    }

    pub fn since(self, before: Self) -> Self {
        Self { hits: self.hits - before.hits, misses: self.misses - before.misses }
    }
}

/// A counter that has not counted yet is not on the page.
fn count(page: &str, result: &str) -> u64 {
    let label = format!("result=\"{result}\"");
    page.lines()
        .filter(|line| line.starts_with(COUNTER) && line.contains(&label))
        .filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok())
        .sum()
}
