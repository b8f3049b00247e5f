//! stub
use crate::run::Run;
use std::io::{self, Write};
pub struct Options { pub colour: bool, pub width: usize, pub unicode: bool }
pub struct Format { pub name: &'static str, pub about: &'static str, pub render: fn(&Run, &mut dyn Write, &Options) -> io::Result<()> }
pub fn registry() -> &'static [Format] { &[] }
pub fn find(_: &str) -> Result<&'static Format, String> { Err(String::new()) }
pub mod json { pub fn read(_: &std::path::Path) -> Result<crate::run::Run, String> { Err(String::new()) } }
pub mod terminal { pub fn render(r: &crate::run::Run, w: &mut dyn std::io::Write, _: &super::Options) -> std::io::Result<()> {
 for s in &r.scenarios { writeln!(w,"{} {}", s.name, s.file)?; for c in &s.cases { writeln!(w,"  {:?} {} {}us {:?} {:?} {:?}", c.verdict, c.id, c.elapsed_us, c.coverage.classes, c.reason, c.notes)?; for f in &c.failures { writeln!(w, "    {} x{} [{}] {} exp {} act {} pat {:?}", f.kind, f.count, f.step, f.delivery, f.expected, f.actual, f.pattern)?; } for t in &c.thresholds { writeln!(w,"    {:?}", t)?; } if !c.failures.is_empty() {writeln!(w,"    {:?}", c.target)?;} } } writeln!(w,"{:?} {}us", r.totals, r.elapsed_us)?; Ok(()) } }
pub mod live { pub struct Live; impl Live { pub fn new(_: bool, _: bool) -> Self { Live } } impl crate::event::Reporter for Live { fn event(&mut self, _: &crate::event::Event<'_>) {} } }
pub mod histogram { use hdrhistogram::Histogram; pub fn new() -> Histogram<u64> { Histogram::new_with_bounds(1, 60_000_000_000, 3).unwrap() } impl crate::run::Latency { pub fn from_histogram(_: &str, _: &Histogram<u64>) -> Self { Self{class:String::new(),count:0,min_ns:0,p50_ns:0,p90_ns:0,p99_ns:0,max_ns:0,hdr:String::new()} } } }
