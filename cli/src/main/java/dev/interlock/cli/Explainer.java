package dev.interlock.cli;

import dev.interlock.action.Action;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Plain;
import dev.interlock.action.Resource;
import dev.interlock.catalog.Catalog;
import dev.interlock.catalog.Explanation;
import dev.interlock.catalog.Explanation.Judged;
import dev.interlock.evidence.Json;
import dev.interlock.front.http.Routes;
import dev.interlock.front.http.SpokenRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Explains the meaning of a request in a catalog, for people and for programs. */
final class Explainer {

    private final String catalog;
    private final Explanation explanation;

    /**
     * Uses the first of {@code catalogs} that understands the request, or the last one.
     *
     * @throws UsageException if several understand it, so that the caller has to name one
     */
    Explainer(RequestFile request, List<Catalog> catalogs) {
        List<Catalog> understanding = catalogs.stream()
                .filter(one -> explain(request, one) instanceof Explanation.Understood)
                .toList();
        if (understanding.size() > 1 || (understanding.isEmpty() && catalogs.size() > 1)) {
            throw new UsageException(
                    (understanding.isEmpty() ? "no catalog understands" : "several catalogs understand")
                            + " the request; name one with --catalog: "
                            + (understanding.isEmpty() ? catalogs : understanding)
                                    .stream().map(Catalog::name).collect(Collectors.joining(", ")));
        }
        Catalog chosen = understanding.isEmpty() ? catalogs.getFirst() : understanding.getFirst();
        this.catalog = chosen.name();
        this.explanation = explain(request, chosen);
    }

    private static Explanation explain(RequestFile request, Catalog catalog) {
        Routes.Carriers carriers = new Routes.Carriers(
                catalog.carriers().headers(), catalog.carriers().query());
        return switch (SpokenRequest.read(
                request.method(), request.target(), request.headers(), request.body(), carriers)) {
            case SpokenRequest.Understood(var call) -> catalog.explain(call);
            case SpokenRequest.Refused(var refusal) ->
                new Explanation.NotUnderstood(refusal.reason(), refusal.next(), refusal.finality());
        };
    }

    boolean isUnderstood() {
        return explanation instanceof Explanation.Understood;
    }

    /** The request may come from an agent, so terminal controls and changes of text direction are escaped. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("catalog        " + catalog);
        switch (explanation) {
            case Explanation.NotUnderstood(var reason, var next, var _) -> {
                lines.add("not understood " + Plain.line(reason));
                lines.add("               " + Plain.line(next));
            }
            case Explanation.Understood(var actions, var outgoing, var standing, var veil) -> {
                actions.forEach(judged -> action(judged, lines));
                standing.ifPresent(asked -> lines.add("if it leaves out nothing of "
                        + Plain.line(asked.question().method() + " " + SpokenRequest.target(asked.question()))
                        + ": "
                        + words(asked.mildest().impacts())));
                veil.ifPresent(secrets -> lines.add("secrets at     " + Plain.line(secrets.toString())));
                outgoing(outgoing, lines);
            }
        }
        return lines;
    }

    private static void action(Judged judged, List<String> lines) {
        Action action = judged.action();
        lines.add("operation      " + Plain.line(action.operation().toString()));
        lines.add("impacts        " + words(action.impacts()));
        judged.reasons()
                .forEach(reason ->
                        lines.add("  because      " + (reason.impacts().isEmpty() ? "" : words(reason.impacts()) + ": ")
                                + Plain.line(reason.because())));
        lines.add("reversibility  " + action.reversibility().word());
        action.resources().forEach(resource -> lines.add("resource       " + Plain.line(resource.toString())));
        action.facts().stream()
                .filter(fact -> !fact.name().equals("because") && !fact.name().equals("effect"))
                .forEach(fact ->
                        lines.add("fact           " + Plain.line(fact.name()) + " = " + Plain.line(fact.value())));
    }

    private static void outgoing(HttpCall call, List<String> lines) {
        lines.add("goes upstream  " + Plain.line(call.method() + " " + SpokenRequest.target(call)));
        call.headers()
                .forEach(header -> lines.add("               " + Plain.line(header.name() + ": " + header.value())));
        if (call.body().length() > 0) {
            lines.add("               " + Plain.line(text(call)));
        }
    }

    private static String text(HttpCall call) {
        return new String(call.body().toArray(), StandardCharsets.UTF_8);
    }

    private static String words(Set<Impact> impacts) {
        return impacts.stream().sorted().map(Impact::word).collect(Collectors.joining(", "));
    }

    Json json() {
        Json.Members answer = Json.object().with("catalog", catalog).with("understood", isUnderstood());
        return switch (explanation) {
            case Explanation.NotUnderstood(var reason, var next, var _) ->
                answer.with("reason", reason).with("next", next);
            case Explanation.Understood(var actions, var outgoing, var _, var _) ->
                answer.with(
                                "actions",
                                new Json.Array(
                                        actions.stream().map(Explainer::json).toList()))
                        .with(
                                "outgoing",
                                Json.object()
                                        .with("method", outgoing.method())
                                        .with("target", SpokenRequest.target(outgoing))
                                        .withTexts(
                                                "headers",
                                                outgoing.headers().stream()
                                                        .map(header -> header.name() + ": " + header.value())
                                                        .toList())
                                        .with("body", text(outgoing)));
        };
    }

    private static Json json(Judged judged) {
        Action action = judged.action();
        return Json.object()
                .with("operation", action.operation().toString())
                .withTexts("impacts", sorted(action.impacts()))
                .with("reversibility", action.reversibility().word())
                .withTexts(
                        "resources",
                        action.resources().stream().map(Resource::toString).toList())
                .with(
                        "facts",
                        new Json.Array(action.facts().stream()
                                .<Json>map(fact ->
                                        Json.object().with("name", fact.name()).with("value", fact.value()))
                                .toList()))
                .with(
                        "reasons",
                        new Json.Array(judged.reasons().stream()
                                .<Json>map(reason -> Json.object()
                                        .withTexts("impacts", sorted(reason.impacts()))
                                        .with("because", reason.because()))
                                .toList()));
    }

    private static List<String> sorted(Set<Impact> impacts) {
        return impacts.stream().sorted().map(Impact::word).toList();
    }
}
