//! What a plan delivers: every cut once, borders first where a message is long, the same for the
//! same seed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that fails is a test that fails"
)]

use std::collections::BTreeSet;
use std::path::Path;

use harness::plan::{Class, Delivery, Facts, Fate, How, Lane, Overrides, Plan, PlanError};
use harness::scenario::model::{Document, Origin};
use harness::scenario::parse;

const FACTS: Facts = Facts {
    descriptors: 1024,
    ipv6: true,
    finds: |_| true,
    sysctl: |_| Some(1),
};

fn document(profile: &str, case: &str) -> Document {
    let text = format!(
        "target: t\n{profile}\n---\nscenario: s\ntarget: t\ncases:\n  - {{id: c, title: t, {case}}}\n"
    );
    parse(Path::new("plan.yaml"), &text).unwrap_or_else(|e| panic!("{}", e.render(false)))
}

const LINES: &str = "builtin: upper
frames: {line: {delimiter: {bytes: \"\\n\"}}}
exchanges:
  - abc: {request: {line: abc}}
  - de: {request: {line: de}}";

fn plan_with(profile: &str, case: &str, overrides: &Overrides) -> Result<Plan, PlanError> {
    Plan::new(&[document(profile, case)], overrides, &FACTS)
}

fn deliveries(profile: &str, case: &str, seed: u64) -> (Vec<Delivery>, Vec<String>) {
    let overrides = Overrides {
        seed,
        ..Overrides::default()
    };
    let mut plan = plan_with(profile, case, &overrides).unwrap();
    let case = plan.cases.remove(0);
    assert_eq!(case.fate, Fate::Run);
    (case.deliveries, case.notes)
}

fn cuts(deliveries: &[Delivery]) -> Vec<(usize, Vec<usize>)> {
    deliveries
        .iter()
        .filter_map(|d| match &d.how {
            How::Cut { exchange, cuts } => Some((*exchange, cuts.clone())),
            _ => None,
        })
        .collect()
}

#[test]
fn each_cut_is_every_offset_inside_every_message_once() {
    let (all, notes) = deliveries(LINES, "deliver: [each_cut]", 1);
    let wanted = [(0, 1), (0, 2), (0, 3), (1, 1), (1, 2)].map(|(e, c)| (e, vec![c]));
    assert_eq!(cuts(&all), wanted);
    assert!(notes.is_empty());
}

#[test]
fn each_byte_is_one_delivery_a_message_with_every_cut() {
    let (all, _) = deliveries(LINES, "deliver: [each_byte]", 1);
    assert_eq!(cuts(&all), [(0, vec![1, 2, 3]), (1, vec![1, 2])]);
}

#[test]
fn a_delivery_that_two_classes_ask_for_is_made_once() {
    let (all, _) = deliveries(
        LINES,
        "deliver: [each_cut, field_pairs, each_byte, {random: {runs: 300}}]",
        1,
    );
    let list = cuts(&all);
    let mut distinct = list.clone();
    distinct.sort();
    distinct.dedup();
    // Of 4 bytes there are 2^3 - 1 ways to cut, of 3 bytes 2^2 - 1; `bytes:` is a name of its own
    // for the one that cuts everywhere.
    assert_eq!(distinct.len(), 7 + 3);
    assert!(list.len() <= distinct.len() + 2, "{list:?}");
}

#[test]
fn merges_cycle_through_the_exchanges_up_to_what_is_asked() {
    let (all, _) = deliveries(
        LINES,
        "deliver: [{merge: {messages: \"2..4\", plus: half}}]",
        1,
    );
    let merges: Vec<_> = all
        .iter()
        .map(|d| match &d.how {
            How::Merge {
                exchanges,
                half,
                bytes,
                opening: false,
            } => (exchanges.clone(), *half, *bytes),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        merges,
        [
            (vec![0, 1], Some(0), 4 + 3 + 2),
            (vec![0, 1, 0], Some(1), 4 + 3 + 4 + 2),
            (vec![0, 1, 0, 1], Some(0), 4 + 3 + 4 + 3 + 2),
        ]
    );
}

/// A client that speaks as [`LINES`] does, with replies of other lengths than its requests.
const CLIENT: &str = "role: client
start: [x, \"{port}\"]
frames: {line: {delimiter: {bytes: \"\\n\"}}}
exchanges:
  - one: {request: {line: abc}, reply: {line: A}}
  - two: {request: {line: de}, reply: [{line: B}, {line: C}]}
  - three: {request: {line: f}, reply: []}
  - four: {request: {line: g}, reply: {line: D}}";

#[test]
fn of_a_client_the_replies_are_cut() {
    let (all, _) = deliveries(CLIENT, "deliver: [each_cut]", 1);
    let wanted = [(0, 1), (1, 1), (1, 2), (1, 3), (3, 1)].map(|(e, c)| (e, vec![c]));
    assert_eq!(
        cuts(&all),
        wanted,
        "two replies of one exchange are one piece of bytes"
    );
}

#[test]
fn of_a_client_neighbouring_replies_are_merged() {
    let (all, _) = deliveries(CLIENT, "deliver: [{merge: {messages: \"3..\"}}]", 1);
    let document = document(CLIENT, "share: false");
    let ids: Vec<_> = all.iter().map(|d| d.id(&document.profiles[0])).collect();
    assert_eq!(ids, ["merge:3@one", "merge:3@two", "merge:4@one"]);
    let (all, _) = deliveries(CLIENT, "deliver: [{merge: {messages: 2, plus: half}}]", 1);
    assert!(matches!(
        &all[0].how,
        How::Merge { exchanges, half: Some(2), bytes: 6, .. } if *exchanges == [0, 1]
    ));
    assert_eq!(all.len(), 2);
}

#[test]
fn a_case_fits_one_role() {
    let plan = |profile: &str, case: &str| {
        let text = format!("scenario: s\ncases:\n  - {{id: c, title: t, {case}}}\n");
        let scenario = parse(Path::new("plan.yaml"), &text).unwrap();
        let overrides = Overrides {
            target: Some(document(profile, "share: false").profiles[0].clone()),
            ..Overrides::default()
        };
        let plan = Plan::new(&[scenario], &overrides, &FACTS).unwrap();
        plan.cases[0].fate.clone()
    };
    let unfit = |why: &str| Fate::Unsupported(format!("the target {why}"));
    assert_eq!(
        plan(CLIENT, "steps: [{connect: a}, {close: a}]"),
        unfit("is a client, and the case connects")
    );
    assert_eq!(
        plan(CLIENT, "needs: [server], steps: [play: all]"),
        unfit("is a client")
    );
    assert_eq!(
        plan(LINES, "needs: [client], steps: [{connect: a}]"),
        unfit("is a server")
    );
}

#[test]
fn the_seed_alone_decides_what_is_random() {
    let random = "deliver: [{random: {runs: 20}}]";
    let long = LINES.replace("line: abc", "line: abcdefghijklmnopqrstuvwxyz");
    let of = |seed| cuts(&deliveries(&long, random, seed).0);
    assert_eq!(of(7), of(7));
    assert_ne!(of(7), of(8));
    for (exchange, cuts) in of(7) {
        let len = if exchange == 0 { 27 } else { 3 };
        assert!(
            cuts.iter().all(|c| (1..len).contains(c)) && cuts.is_sorted(),
            "{cuts:?}"
        );
    }
}

#[test]
fn a_long_message_is_sampled_with_all_its_borders_and_says_so() {
    let long = "builtin: exec
frames: {command: {length_prefix: {type: u32be}}}
exchanges:
  - big: {request: {command: {fill: {text: x, size: 60000}}}}";
    let (all, notes) = deliveries(long, "deliver: [each_cut]", 1);
    let tried: BTreeSet<usize> = cuts(&all).into_iter().map(|(_, cuts)| cuts[0]).collect();
    assert!(tried.len() <= 4096 && tried.len() > 3000, "{}", tried.len());
    assert!(
        (1..=12).all(|cut| tried.contains(&cut)),
        "the length's border"
    );
    assert!((59_996..60_004).all(|cut| tried.contains(&cut)), "the end");
    let widest = tried
        .iter()
        .zip(tried.iter().skip(1))
        .map(|(a, b)| b - a)
        .max();
    assert!(widest < Some(40), "a gap of {widest:?} bytes");
    assert!(
        notes.iter().any(|n| n.contains("of its 60003 cuts")),
        "{notes:?}"
    );
}

#[test]
fn a_target_that_changes_is_swept_lightly_unless_it_is_reset() {
    let deliver = "deliver: [whole, each_cut, each_byte]";
    let changing = format!("{LINES}\nidempotent: false");
    let (all, notes) = deliveries(&changing, deliver, 1);
    let classes: Vec<Class> = all.iter().map(|d| d.class).collect();
    assert_eq!(classes, [Class::Whole, Class::EachCut, Class::EachByte]);
    assert!(
        notes.iter().any(|n| n.contains("not idempotent")),
        "{notes:?}"
    );
    let (all, _) = deliveries(&format!("{changing}\nreset: restart"), deliver, 1);
    assert_eq!(all.len(), 1 + 5 + 2);
}

#[test]
fn what_a_target_lacks_is_not_tried() {
    let overrides = Overrides::default();
    let without = format!("{LINES}\nwithout: [pipelining]");
    let plan = plan_with(&without, "needs: [pipelining]", &overrides).unwrap();
    assert!(matches!(&plan.cases[0].fate, Fate::Unsupported(why) if why.contains("pipelining")));
    let plan = plan_with(&without, "deliver: [{merge: {messages: 2}}]", &overrides).unwrap();
    assert!(
        matches!(plan.cases[0].fate, Fate::Unsupported(_)),
        "no delivery is no pass"
    );
    let absent = Facts {
        finds: |_| false,
        sysctl: |_| None,
        ..FACTS
    };
    let profile = LINES.replace(
        "builtin: upper",
        "start: {argv: [no-such, \"{port}\"], if_present: true}",
    );
    let plan = Plan::new(&[document(&profile, "tags: [a]")], &overrides, &absent).unwrap();
    assert!(matches!(&plan.cases[0].fate, Fate::Skip(why) if why.contains("no-such")));
}

#[test]
fn a_kernel_setting_that_differs_skips_a_case_with_the_reason() {
    let overrides = Overrides::default();
    let fate = |needed: &str, facts: &Facts| {
        let documents = [document(LINES, &format!("sysctl: [\"{needed}\"]"))];
        let plan = Plan::new(&documents, &overrides, facts).unwrap();
        plan.cases[0].fate.clone()
    };
    assert_eq!(fate("net.ipv4.tcp_timestamps == 1", &FACTS), Fate::Run);
    let skipped = fate("net.ipv4.tcp_timestamps >= 2", &FACTS);
    let Fate::Skip(why) = skipped else {
        panic!("{skipped:?}")
    };
    assert_eq!(why, "net.ipv4.tcp_timestamps is 1 here, and must be >= 2");
    let unknown = Facts {
        sysctl: |_| None,
        ..FACTS
    };
    assert!(matches!(fate("net.a == 1", &unknown), Fate::Skip(why) if why.contains("not known")));
}

#[test]
fn a_case_that_is_its_own_peer_takes_no_other_target() {
    let text = "scenario: s\ncases:\n  - id: c\n    title: C\n    steps: [{listen: l}]\n";
    let own = parse(Path::new("own.yaml"), text).unwrap();
    let given = document(LINES, "tags: [a]").profiles[0].clone();
    let overrides = Overrides {
        target: Some(given),
        ..Overrides::default()
    };
    let plan = Plan::new(&[own], &overrides, &FACTS).unwrap();
    let profile = plan.cases[0].profile.as_ref().unwrap();
    assert!(matches!(profile.origin, Origin::None));
}

#[test]
fn filters_that_match_nothing_are_errors() {
    let filter = |f: &str| Overrides {
        filter: vec![f.to_owned()],
        ..Overrides::default()
    };
    assert!(plan_with(LINES, "tags: [slow]", &filter("c")).is_ok());
    assert!(plan_with(LINES, "tags: [slow]", &filter("slow")).is_ok());
    assert!(matches!(
        plan_with(LINES, "tags: [slow]", &filter("d*")),
        Err(PlanError::NothingMatches { filter }) if filter == "d*"
    ));
    let overrides = Overrides {
        delivery: Some("cut:abc@9".to_owned()),
        ..Overrides::default()
    };
    assert!(matches!(
        plan_with(LINES, "deliver: [each_cut]", &overrides),
        Err(PlanError::NoSuchDelivery { .. })
    ));
    let overrides = Overrides {
        delivery: Some("cut:abc@2".to_owned()),
        ..Overrides::default()
    };
    let plan = plan_with(LINES, "deliver: [each_cut]", &overrides).unwrap();
    assert_eq!(plan.delivery_count(), 1);
}

#[test]
fn what_stops_processes_or_measures_time_runs_alone() {
    let lane = |case: &str| plan_with(LINES, case, &Overrides::default()).unwrap().cases[0].lane;
    assert_eq!(lane("deliver: [each_cut]"), Lane::Parallel);
    assert_eq!(lane("thresholds: [p50 < 1s]"), Lane::Exclusive);
    assert_eq!(
        lane("steps: [{connect: a}, pause_target, resume_target]"),
        Lane::Exclusive
    );
    let nested =
        "steps: [{connect: a}, {repeat: {times: 2, steps: [pause_target, resume_target]}}]";
    assert_eq!(lane(nested), Lane::Exclusive);
    let long = LINES.replace("line: abc", "line: {fill: {text: x, size: 20000}}");
    let merge = plan_with(
        &long,
        "deliver: [{merge: {messages: 2}}]",
        &Overrides::default(),
    );
    assert_eq!(merge.unwrap().cases[0].lane, Lane::Exclusive);
}

/// A document with an ordinary case and a load case of so many connections.
fn with_load(connections: u32) -> Document {
    let case = format!("load: {{connections: {connections}, duration: 1s}}");
    let other = "deliver: [whole]}\n  - {id: load.a, title: t";
    document(LINES, &format!("{other}, {case}"))
}

fn ids(documents: &[Document], overrides: &Overrides) -> Vec<String> {
    let plan = Plan::new(documents, overrides, &FACTS).unwrap();
    plan.cases.iter().map(|c| c.case.id.clone()).collect()
}

#[test]
fn load_runs_only_where_it_is_asked_for() {
    let documents = [with_load(4)];
    let plain = Overrides::default();
    assert_eq!(ids(&documents, &plain), ["c"]);
    let plan = Plan::new(&documents, &plain, &FACTS).unwrap();
    assert_eq!(plan.load_left_out, 1);
    for asked in [
        Overrides {
            load: true,
            ..Overrides::default()
        },
        Overrides {
            named: vec![documents[0].file.to_path_buf()],
            ..Overrides::default()
        },
    ] {
        assert_eq!(ids(&documents, &asked), ["c", "load.a"]);
    }
    let filter = Overrides {
        filter: vec!["load.*".to_owned()],
        ..Overrides::default()
    };
    let plan = Plan::new(&documents, &filter, &FACTS).unwrap();
    assert_eq!(plan.cases.len(), 1);
    assert_eq!(plan.cases[0].lane, Lane::Exclusive);
    assert!(plan.cases[0].deliveries.is_empty());
}

#[test]
fn load_of_messages_that_follow_from_others_is_not_built_yet() {
    let volatile = format!("{LINES}\nvolatile: [line.body]");
    for target in [LOGIN, &volatile] {
        let load = Overrides {
            load: true,
            target: Some(document(target, "share: false").profiles[0].clone()),
            ..Overrides::default()
        };
        let plan = Plan::new(&[with_load(1)], &load, &FACTS).unwrap();
        let fate = &plan.cases[1].fate;
        assert!(
            matches!(fate, Fate::Unsupported(why) if why.contains("not built yet")),
            "{fate:?}"
        );
    }
}

#[test]
fn more_connections_than_descriptors_are_refused_with_what_would_work() {
    let load = Overrides {
        load: true,
        ..Overrides::default()
    };
    let error = Plan::new(&[with_load(1000)], &load, &FACTS).unwrap_err();
    let told = error.to_string();
    assert!(told.contains("at most 896 connections"), "{told}");
    assert!(Plan::new(&[with_load(896)], &load, &FACTS).is_ok());
}

/// A login whose last message is not answered, and a request whose length the plan cannot know.
const LOGIN: &str = "\
connect: tcp://127.0.0.1:9
frames: {line: {delimiter: {bytes: \"\\n\"}}}
opening:
  - hello: {reply: {line: learned}}
  - login: {request: {line: \"LOGIN {conn}\"}, reply: []}
exchanges:
  - fixed: {request: {line: \"{conn}\"}}
  - open: {request: {line: \"{hello.reply.body}\"}}";

#[test]
fn the_end_of_an_opening_is_merged_with_the_first_request() {
    let (all, _) = deliveries(LOGIN, "deliver: [{merge: {messages: 2}}]", 1);
    let opening: Vec<_> = all
        .iter()
        .filter_map(|d| match &d.how {
            How::Merge {
                exchanges,
                opening: true,
                bytes,
                ..
            } => Some((exchanges.clone(), *bytes)),
            _ => None,
        })
        .collect();
    assert_eq!(opening, [(vec![0], 6 + 16 + 1 + 16 + 1)]);
    let answered = LOGIN.replace("reply: []", "reply: {line: OK}");
    let (all, _) = deliveries(&answered, "deliver: [{merge: {messages: 2}}]", 1);
    assert_eq!(all.len(), 1, "the server speaks last");
}

#[test]
fn cuts_of_a_computed_request_are_planned_where_its_length_is_known() {
    let (all, notes) = deliveries(LOGIN, "deliver: [each_cut]", 1);
    let of_fixed: Vec<_> = cuts(&all)
        .into_iter()
        .map(|(exchange, _)| exchange)
        .collect();
    assert_eq!(of_fixed, [0; 16], "16 digits and a line feed");
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].contains("`open`"), "{notes:?}");
}
