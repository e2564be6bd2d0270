//! The faults that show in an answer: expired and repeated tokens, empty pages, and statuses.

use std::collections::BTreeSet;

use super::*;

#[test]
fn an_expired_token_leads_on_at_the_latest_snapshot() {
    let api = api();
    let all = names(&get(&api, "/api/v1/pods"));
    let ask = |target: &str| api.answer(&Call::get(target, JSON), Some(&Fault::Expired));
    let first = ask("/api/v1/pods?limit=20").value();
    let token = first["metadata"]["continue"].as_str().unwrap();
    let expired = ask(&format!("/api/v1/pods?limit=20&continue={token}"));
    assert_eq!(expired.status, 410);
    let expired = expired.value();
    let theirs = recorded("error-410-continue-expired.json");
    assert_eq!(
        (&expired["reason"], &expired["message"]),
        (&theirs["reason"], &theirs["message"])
    );
    let mut seen = names(&first);
    let mut token = expired["metadata"]["continue"].as_str().unwrap().to_owned();
    let mut versions = BTreeSet::new();
    loop {
        let page = ask(&format!("/api/v1/pods?limit=20&continue={token}")).value();
        seen.extend(names(&page));
        versions.insert(page["metadata"]["resourceVersion"].clone().to_string());
        match page["metadata"]["continue"].as_str() {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, all);
    assert_eq!(versions.len(), 1);
    assert!(
        !versions.contains(&first["metadata"]["resourceVersion"].to_string()),
        "another snapshot shows"
    );
}

#[test]
fn tokens_of_snapshots_that_never_were_have_expired() {
    let api = api();
    let token = continue_token::ContinueToken::after(5, "payments/x").encode();
    let reply = api.answer(
        &Call::get(&format!("/api/v1/pods?continue={token}"), JSON),
        None,
    );
    assert_eq!(reply.status, 410);
    assert!(reply.value()["metadata"]["continue"].is_string());
}

#[test]
fn an_empty_page_carries_a_token_that_leads_to_everything() {
    let api = api();
    let ask = |target: &str| {
        api.answer(&Call::get(target, JSON), Some(&Fault::EmptyPage))
            .value()
    };
    let empty = ask("/api/v1/pods?limit=500");
    assert!(names(&empty).is_empty());
    let token = empty["metadata"]["continue"].as_str().unwrap();
    assert_eq!(
        names(&ask(&format!("/api/v1/pods?limit=500&continue={token}"))).len(),
        PODS
    );
}

#[test]
fn empty_pages_in_between_lose_nothing() {
    let api = api();
    let all = names(&get(&api, "/api/v1/pods"));
    let (mut pages, mut next) = (Vec::new(), String::new());
    loop {
        let target = format!("/api/v1/pods?limit=25{next}");
        let page = api
            .answer(&Call::get(&target, JSON), Some(&Fault::EmptyPages))
            .value();
        pages.push(names(&page));
        match page["metadata"]["continue"].as_str() {
            Some(token) => next = format!("&continue={token}"),
            None => break,
        }
        assert!(pages.len() < 20, "the list does not end");
    }
    let sizes: Vec<usize> = pages.iter().map(Vec::len).collect();
    assert_eq!(sizes, [25, 0, 25, 0, 10]);
    assert_eq!(pages.concat(), all);
}

#[test]
fn a_repeated_token_never_ends() {
    let api = api();
    let ask = |target: &str| {
        api.answer(&Call::get(target, JSON), Some(&Fault::RepeatToken))
            .value()
    };
    let first = ask("/api/v1/pods?limit=10");
    let token = first["metadata"]["continue"].as_str().unwrap();
    for _ in 0..3 {
        let page = ask(&format!("/api/v1/pods?limit=10&continue={token}"));
        assert_eq!(page["metadata"]["continue"], token);
    }
}

#[test]
fn faults_with_a_status_answer_with_it() {
    let api = api();
    for (fault, target, expected) in [
        ("401", "/api/v1/pods", 401),
        ("403", "/api/v1/pods", 403),
        ("403", "/api/v1/namespaces/payments/pods", 200),
        ("403", "/api", 200),
        ("403-all", "/api/v1/namespaces/payments/pods", 403),
        ("404", "/api/v1/pods", 404),
        ("409", "/api/v1/pods", 409),
        ("429", "/api/v1/pods", 429),
        ("500", "/version", 500),
        ("503", "/api/v1/pods", 503),
        ("504", "/api/v1/pods", 504),
        ("403-resource:secrets", "/api/v1/secrets", 403),
        (
            "403-resource:secrets",
            "/api/v1/namespaces/payments/secrets",
            403,
        ),
        ("403-resource:secrets", "/api/v1/pods", 200),
        (
            "403-resource:pods",
            "/apis/metrics.k8s.io/v1beta1/pods",
            403,
        ),
        (
            "403-resource:pods.",
            "/apis/metrics.k8s.io/v1beta1/pods",
            200,
        ),
        ("403-namespace:payments", "/api/v1/pods", 403),
        ("403-namespace:payments", "/api/v1/nodes", 200),
        (
            "403-namespace:payments",
            "/api/v1/namespaces/payments/pods",
            403,
        ),
        (
            "403-namespace:payments",
            "/api/v1/namespaces/search/pods",
            200,
        ),
        (
            "403-namespace:payments",
            "/apis/argoproj.io/v1alpha1/namespaces/payments/applications",
            403,
        ),
        ("metrics-down", "/apis/metrics.k8s.io/v1beta1/nodes", 503),
        ("metrics-down", "/apis/metrics.k8s.io/v1beta1", 503),
        ("metrics-down", "/api/v1/pods", 200),
        ("metrics-down", "/apis", 200),
        ("401", "/openapi/v3", 401),
        ("401", "/apis/argoproj.io/v1alpha1/applications", 401),
        ("403", "/apis/argoproj.io/v1alpha1/applications", 403),
        ("429", "/apis/metrics.k8s.io/v1beta1/nodes", 429),
        ("503", "/openapi/v3/apis/argoproj.io/v1alpha1", 503),
    ] {
        let fault: Fault = fault.parse().unwrap();
        let reply = api.answer(&Call::get(target, JSON), Some(&fault));
        assert_eq!(reply.status, expected, "{fault} {target}");
        assert_eq!(reply.headers.contains_key("retry-after"), expected == 429);
    }
}

#[test]
fn what_is_forbidden_is_named_as_a_server_names_it() {
    let api = api();
    let pod = &get(&api, "/api/v1/namespaces/payments/pods?limit=1")["items"][0];
    let name = pod["metadata"]["name"].as_str().unwrap();
    let target = format!("/api/v1/namespaces/payments/pods/{name}/log");
    let refused = api.answer(&Call::get(&target, JSON), Some(&Fault::ForbiddenAll));
    let expected = format!(
        "pods \"{name}\" is forbidden: User \"trawl-demo\" cannot get resource \"pods/log\" in API group \"\" in the \
         namespace \"payments\""
    );
    assert_eq!(refused.value()["message"], expected.as_str());
    let target = "/apis/argoproj.io/v1alpha1/applications";
    let refused = api.answer(&Call::get(target, JSON), Some(&Fault::ForbiddenAll));
    let expected = "applications.argoproj.io is forbidden: User \"trawl-demo\" cannot list resource \"applications\" in API \
                    group \"argoproj.io\" at the cluster scope";
    assert_eq!(refused.value()["message"], expected);
}

#[test]
fn whom_somebody_impersonates_may_what_the_clusters_bindings_say() {
    let api = api();
    let ask = |target: &str, user: Option<&str>, groups: &[&str]| {
        let mut call = Call::get(target, JSON);
        if let Some(user) = user {
            call.headers
                .insert("impersonate-user", user.parse().unwrap());
        }
        for group in groups {
            call.headers
                .append("impersonate-group", group.parse().unwrap());
        }
        api.answer(&call, None)
    };
    let robot = "system:serviceaccount:payments:deployer";
    for (target, user, groups, status) in [
        ("/api/v1/pods", "jane", &["acme:payments"][..], 403),
        (
            "/api/v1/namespaces/payments/pods",
            "jane",
            &["acme:payments"],
            200,
        ),
        (
            "/api/v1/namespaces/search/pods",
            "jane",
            &["acme:payments"],
            403,
        ),
        ("/api/v1/namespaces/payments/pods", "jane", &[], 403),
        // A binding of a group is none of a user who is called so.
        (
            "/api/v1/namespaces/payments/pods",
            "acme:payments",
            &[],
            403,
        ),
        (
            "/api/v1/namespaces/payments/secrets",
            "jane",
            &["acme:payments"],
            403,
        ),
        ("/api/v1/namespaces/payments/secrets", robot, &[], 200),
        ("/api/v1/namespaces/search/services", robot, &[], 403),
        ("/api/v1/nodes", "jane", &["acme:engineers"], 200),
        (
            "/apis/metrics.k8s.io/v1beta1/nodes",
            "jane",
            &["acme:engineers"],
            200,
        ),
        (
            "/apis/apps/v1/deployments",
            "jane",
            &["acme:engineers"],
            403,
        ),
        ("/apis/apps/v1/deployments", "jane", &["acme:platform"], 200),
        (
            "/apis/apps/v1/deployments",
            "jane",
            &["system:masters"],
            200,
        ),
        (
            "/api/v1/pods",
            "system:serviceaccount:search:deployer",
            &[],
            200,
        ),
        // Discovery and the version are open to whoever is known.
        ("/apis", "jane", &[], 200),
        ("/openapi/v3", "jane", &[], 200),
        ("/version", "jane", &[], 200),
    ] {
        let reply = ask(target, Some(user), groups);
        assert_eq!(reply.status, status, "{target} {user} {groups:?}");
    }
    let refused = ask("/api/v1/pods", Some("jane"), &["acme:payments"]);
    assert_eq!(
        refused.value()["message"],
        "pods is forbidden: User \"jane\" cannot list resource \"pods\" in API group \"\" at the cluster scope"
    );
    let nobody = ask("/api/v1/pods", None, &["acme:platform"]);
    assert_eq!(nobody.status, 500);
    let message = nobody.value()["message"].to_string();
    assert!(
        message.contains("without impersonating a user"),
        "{message}"
    );
}

#[test]
fn custom_resources_meet_the_faults_of_pages_too() {
    let api = api();
    let target = "/apis/argoproj.io/v1alpha1/applications?limit=2";
    let all = names(&get(&api, "/apis/argoproj.io/v1alpha1/applications"));
    let first = get(&api, target);
    let token = first["metadata"]["continue"].as_str().unwrap();
    let next = |token: &str, fault: &Fault| {
        let target = format!("{target}&continue={token}");
        api.answer(&Call::get(&target, JSON), Some(fault))
    };
    assert_eq!(
        next(token, &Fault::RepeatToken).value()["metadata"]["continue"],
        token
    );
    let expired = next(token, &Fault::Expired);
    assert_eq!(expired.status, 410);
    let fresh = expired.value()["metadata"]["continue"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(names(&next(&fresh, &Fault::Expired).value()), all[2..4]);
    let empty = api
        .answer(&Call::get(target, JSON), Some(&Fault::EmptyPage))
        .value();
    assert!(names(&empty).is_empty() && empty["metadata"]["continue"].is_string());
}

#[test]
fn an_api_that_is_down_is_listed_as_stale() {
    let accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    let reply = api().answer(&Call::get("/apis", accept), Some(&Fault::MetricsDown));
    let list = reply.value();
    for group in list["items"].as_array().unwrap() {
        let metrics = group["metadata"]["name"] == "metrics.k8s.io";
        for version in group["versions"].as_array().unwrap() {
            assert_eq!(version["freshness"] == "Stale", metrics);
            assert_eq!(version.get("resources").is_none(), metrics);
        }
    }
}
