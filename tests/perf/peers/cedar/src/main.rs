//! One decision of Cedar in nanoseconds: peer POLICIES CONTEXT ENTITIES ROUNDS. All are
//! read once; what is measured is the decision alone, in the quietest batch.
use cedar_policy::{Authorizer, Context, Decision, Entities, EntityUid, PolicySet, Request};
use std::{env, fs, hint::black_box, str::FromStr, time::Instant};

const BATCH: u32 = 20;

fn uid(text: &str) -> EntityUid {
    EntityUid::from_str(text).expect("an entity")
}

fn main() {
    let args: Vec<String> = env::args().collect();
    let policies = PolicySet::from_str(&fs::read_to_string(&args[1]).expect("policies")).expect("policies");
    let context = Context::from_json_str(&fs::read_to_string(&args[2]).expect("context"), None).expect("context");
    let rounds: u32 = args[4].parse().expect("rounds");
    let request = Request::new(
        uid("Grant::\"g\""),
        uid("Action::\"call\""),
        uid("Tool::\"send_mail\""),
        context,
        None,
    )
    .expect("request");
    let entities = fs::read_to_string(&args[3]).expect("entities");
    let entities = Entities::from_json_str(&entities, None).expect("entities");
    let authorizer = Authorizer::new();
    let first = authorizer.is_authorized(&request, &policies, &entities);
    for _ in 0..rounds / 10 {
        black_box(authorizer.is_authorized(black_box(&request), &policies, &entities));
    }
    let mut ns = f64::MAX;
    for _ in 0..rounds / BATCH {
        let start = Instant::now();
        for _ in 0..BATCH {
            black_box(authorizer.is_authorized(black_box(&request), &policies, &entities));
        }
        ns = ns.min(start.elapsed().as_nanos() as f64 / f64::from(BATCH));
    }
    let word = if first.decision() == Decision::Allow { "allow" } else { "deny" };
    println!("{{\"ns\": {ns:.0}, \"decision\": \"{word}\"}}");
}
