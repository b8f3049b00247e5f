//! stub
pub mod model;
use std::path::{Path, PathBuf};
use std::sync::Arc;
pub enum TargetSpec { Profile(Arc<model::Profile>), Origin(model::Origin, Option<harness_net::Transport>) }
pub struct Diagnostics;
impl Diagnostics { pub fn len(&self) -> usize { 0 } pub fn render(&self, _: bool) -> String { String::new() } }
pub fn find(_: &[PathBuf]) -> Result<Vec<PathBuf>, String> { Ok(vec![]) }
pub fn load(_: &Path) -> Result<model::Document, Diagnostics> { Err(Diagnostics) }
pub fn load_target(_: &str) -> Result<TargetSpec, Diagnostics> { Err(Diagnostics) }
pub fn schema() -> String { String::new() }
pub fn reference() -> String { String::new() }
