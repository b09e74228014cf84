package dev.interlock.incidents;

import dev.interlock.action.Action;
import dev.interlock.action.Bytes;
import dev.interlock.action.Call;
import dev.interlock.action.Header;
import dev.interlock.action.PushedRef;
import dev.interlock.action.Seal;
import dev.interlock.catalog.CallReading;
import dev.interlock.catalog.Catalog;
import dev.interlock.catalog.Catalogs;
import dev.interlock.front.http.UpstreamRoutes;
import dev.interlock.front.http.WrittenRequest;
import dev.interlock.front.postgres.WrittenStatement;
import dev.interlock.front.postgres.sql.SqlReader;
import dev.interlock.incidents.Incident.Push;
import dev.interlock.incidents.Incident.Step;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Reads steps of incidents as the fronts and catalogs of a seal read calls, at simulated systems. */
final class StepReader {

    private static final String KEPT = "a while";

    /** What catalogs call the protocols of those doors that they call otherwise. */
    private static final Map<String, String> PROTOCOLS = Map.of("HTTP", "REST", "SQL", "sql");

    private final Seal seal;
    private final Catalogs catalogs;
    private final SqlReader statements = new SqlReader();

    StepReader(Seal seal) {
        this.seal = seal;
        this.catalogs = Catalogs.builtIn().of(seal);
    }

    /** What a step would do; {@code isKept} if the gateway keeps what it changes, so that it can be put back. */
    record ReadStep(List<Action> actions, Call outgoing, boolean isKept) {}

    /** Returns whether the catalog of {@code upstream} is of the step's protocol: no other can judge it. */
    boolean fits(Step step, Seal.Upstream upstream) {
        String protocol = PROTOCOLS.getOrDefault(step.door(), step.door());
        return catalogs.find(upstream.catalog())
                .filter(catalog -> catalog.protocols().contains(protocol))
                .isPresent();
    }

    /** Returns what the step means at {@code upstream}, or throws IllegalArgumentException if it is not understood. */
    ReadStep read(Step step, Seal.Upstream upstream) {
        Catalog catalog = catalogs.find(upstream.catalog())
                .orElseThrow(() -> new IllegalArgumentException("no catalog reads calls to " + upstream.name()));
        Call call = step.door().equals("SQL")
                ? WrittenStatement.read(
                        statements,
                        upstream.database().map(found -> found.id()).orElse("shop"),
                        step.call(),
                        step.rows().map(OptionalLong::of).orElse(OptionalLong.empty()))
                : http(step, catalog);
        boolean keeps = seal.undo().isPresent();
        return switch (catalog.read(call)) {
            case CallReading.CallRejection rejection -> throw new IllegalArgumentException(rejection.reason());
            case CallReading.PushMeaning(var rules) -> {
                List<PushedRef> refs = List.of(pushed(step.push().orElseThrow()));
                yield new ReadStep(keeps ? rules.judgeKept(refs, KEPT) : rules.judge(refs), rules.outgoing(), keeps);
            }
            case CallReading.CallMeaning meaning
            when meaning.stateCheck().isPresent() ->
                new ReadStep(List.of(meaning.stateCheck().get().worstCase("nobody tells")), meaning.outgoing(), false);
            case CallReading.CallMeaning meaning
            when meaning.undo().isPresent() && keeps && upstream.resolver().isPresent() ->
                new ReadStep(List.of(meaning.undo().get().recoverable(KEPT)), meaning.outgoing(), true);
            case CallReading.CallMeaning meaning -> new ReadStep(meaning.actions(), meaning.outgoing(), false);
        };
    }

    private static PushedRef pushed(Push push) {
        return new PushedRef(
                push.change(),
                push.ref(),
                "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
                push.forced(),
                push.defaultBranch(),
                PushedRef.Origin.READ,
                new PushedRef.ChangedFiles(OptionalInt.of(1), push.files(), push.files(), List.of()),
                OptionalInt.of((int) push.lost()),
                PushedRef.LostHistory.NONE);
    }

    private static Call http(Step step, Catalog catalog) {
        String[] words = step.call().split(" ", 2);
        String type = "application/" + (step.push().isPresent() ? "x-git-receive-pack-request" : "json");
        List<Header> headers =
                List.of(new Header("content-type", type), new Header("accept", "application/json, text/event-stream"));
        UpstreamRoutes.ExtraCarriers carriers = new UpstreamRoutes.ExtraCarriers(
                catalog.carriers().headers(), catalog.carriers().query());
        return switch (WrittenRequest.read(
                words[0], words[1], headers, Bytes.utf8(step.body().orElse("")), carriers)) {
            case WrittenRequest.WrittenCall(var call) -> call;
            case WrittenRequest.WrittenRefusal(var refusal) -> throw new IllegalArgumentException(refusal.reason());
        };
    }
}
