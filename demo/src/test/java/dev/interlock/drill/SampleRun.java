package dev.interlock.drill;

import dev.interlock.evidence.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** A made-up guarded run without faults, for tests that spoil one thing at a time. */
final class SampleRun {

    static final String WHOLE = "3fa9c1d2".repeat(8);
    static final String RECEIPT = "R-01JDAAAAAAAAAAAAAAAAAAAAAA";
    static final String MISSING = "a backup of `railway:volume/" + PocketOs.SCRATCH
            + "` elsewhere, at most 24 h old, that was verified by a restore: none is attested";
    static final String HELD =
            "interlock: removes 2 commits by 2 people from main of acme/shop in production, which is usually built and deployed · H-1 waits for people";
    static final GatewaySnapshot STANDING = new GatewaySnapshot(true, "seal", "policy", Set.of("L-1"), Set.of(), false);

    private SampleRun() {}

    static WorldSnapshot world(Map<String, Long> attempted, Map<String, Long> byToken, Map<String, String> disks) {
        Map<String, String> all =
                new TreeMap<>(Map.of(PocketOs.SHARED, WHOLE, PocketOs.SCRATCH, WHOLE, DrillHost.MAIN, "c3"));
        all.putAll(disks);
        return new WorldSnapshot(0, attempted, attempted, byToken, all);
    }

    static WorldSnapshot executed(Map<String, Long> counters) {
        return world(counters, Map.of(), Map.of());
    }

    static WorldSnapshot still() {
        return world(Map.of(), Map.of(), Map.of());
    }

    static StepTrace trace(String step, String answer, WorldSnapshot after) {
        return new StepTrace(step, "403", answer, after.since(still()), STANDING);
    }

    static String refusal(String kind) {
        return refusal(kind, "The volume is mounted by staging and production.");
    }

    static String refusal(String kind, String detail) {
        return "{\"kind\":\"" + kind + "\",\"receipt\":\"" + RECEIPT + "\",\"detail\":\"" + detail + "\"}";
    }

    /** Returns every step with its right result. */
    static List<StepTrace> inside() {
        List<StepTrace> traces = new ArrayList<>();
        WorldSnapshot work = world(
                Map.of("variableUpsert", 1L, "serviceInstanceRedeploy", 1L, "environment", 1L),
                Map.of(PocketOs.STAGING_TOKEN, 3L),
                Map.of());
        traces.add(trace("ordinary-work", "", work));
        traces.add(trace("rewound-branch", HELD, executed(Map.of(DrillHost.BRANCHES, 1L))));
        traces.add(trace("changed-tool", refusal("denied"), executed(Map.of(DrillHost.LOOKUPS, 3L))));
        traces.add(trace("direct", "", still()));
        traces.add(trace("foreign-credential", refusal("foreign_credential"), still()));
        traces.add(trace("shared-volume", refusal("denied"), still()));
        traces.add(trace("secrets", refusal("denied"), still()));
        traces.add(trace("no-backup", refusal("confirmation_required", MISSING), still()));
        traces.add(trace("hold", refusal("confirmation_required"), still()));
        traces.addAll(against());
        traces.add(trace("changed", refusal("confirmation_required"), still()));
        traces.add(trace("release", "{\"data\":{\"volumeDelete\":true}}", released()));
        traces.add(trace("replay", refusal("denied"), still()));
        return traces;
    }

    static WorldSnapshot released() {
        return world(
                Map.of(Judge.DELETE, 1L),
                Map.of(PocketOs.DESTROY_TOKEN, 1L),
                Map.of(PocketOs.SCRATCH, DirectoryTrees.GONE));
    }

    /** Returns the attacks on the gateway itself, which fail. */
    static List<StepTrace> against() {
        return List.of("self-lease", "self-seal", "self-sign", "edit-policy", "edit-ledger", "kill-gateway").stream()
                .map(step -> trace(step, "", still()))
                .toList();
    }

    static DrillReceipts receipts() {
        List<Json.Members> all = new ArrayList<>();
        for (String command : List.of("lease.issue", "seal.adopt", "hold.sign")) {
            all.add(receipt("admin").with("command", command).with("result", "refused"));
        }
        Json.Members volume = Json.object().with("id", "railway:volume/" + PocketOs.SHARED);
        Json.Members action = Json.object()
                .with("operation", "railway/volumeDelete")
                .with("resources", new Json.Array(List.of(volume)));
        all.add(receipt("refused").with("agent", "jer/cursor").with("actions", new Json.Array(List.of(action))));
        all.add(receipt("intent").with("operation", "volumeDelete"));
        all.add(receipt("intent").with("operation", "serviceInstanceRedeploy"));
        return new DrillReceipts(all);
    }

    private static Json.Members receipt(String kind) {
        return Json.object().with("id", RECEIPT).with("kind", kind);
    }

    static List<StepFinding> judged(List<StepTrace> inside, List<StepTrace> outside) {
        return new Judge(receipts()).guarded(inside, outside);
    }
}
