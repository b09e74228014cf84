package dev.interlock.cli;

import dev.interlock.action.Action;
import dev.interlock.action.Fact;
import dev.interlock.action.HttpCall;
import dev.interlock.action.Impact;
import dev.interlock.action.Resource;
import dev.interlock.action.VisibleText;
import dev.interlock.catalog.CallReading;
import dev.interlock.catalog.Catalog;
import dev.interlock.evidence.Json;
import dev.interlock.front.http.UpstreamRoutes;
import dev.interlock.front.http.WrittenRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Explains the meaning of a request in a catalog, for people and for programs. */
final class RequestExplainer {

    private final String catalog;
    private final CallReading explanation;

    /** Throws UsageException if several understand the request, so that the caller has to name one. */
    RequestExplainer(TypedRequest request, List<Catalog> catalogs) {
        List<Catalog> understanding = catalogs.stream()
                .filter(one -> explain(request, one) instanceof CallReading.CallMeaning)
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

    private static CallReading explain(TypedRequest request, Catalog catalog) {
        UpstreamRoutes.ExtraCarriers carriers = new UpstreamRoutes.ExtraCarriers(
                catalog.carriers().headers(), catalog.carriers().query());
        return switch (WrittenRequest.read(
                request.method(), request.target(), request.headers(), request.body(), carriers)) {
            case WrittenRequest.WrittenCall(var call) -> catalog.explain(call);
            case WrittenRequest.WrittenRefusal(var refusal) ->
                new CallReading.CallRejection(refusal.reason(), refusal.next(), refusal.finality());
        };
    }

    boolean isUnderstood() {
        return explanation instanceof CallReading.CallMeaning;
    }

    /** The request may come from an agent, so terminal controls and changes of text direction are escaped. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add("catalog        " + catalog);
        switch (explanation) {
            case CallReading.PushMeaning _ -> throw new IllegalStateException("an explanation takes no push apart");
            case CallReading.CallRejection(var reason, var next, var _) -> {
                lines.add("not understood " + VisibleText.line(reason));
                lines.add("               " + VisibleText.line(next));
            }
            case CallReading.CallMeaning meaning -> {
                meaning.actions().forEach(action -> action(action, lines));
                meaning.stateCheck()
                        .ifPresent(asked -> lines.add("if it leaves out nothing of "
                                + line(HttpCall.of(asked.question()))
                                + ": "
                                + words(asked.harmlessAction().impacts())));
                meaning.questions()
                        .forEach(asked -> lines.add("may be milder by what the provider says: "
                                + VisibleText.line(asked.name() + " of " + asked.about())));
                meaning.undo()
                        .ifPresent(put -> lines.add("if the state before is kept: "
                                + words(put.action().impacts()) + ", "
                                + put.action().reversibility().word()));
                if (meaning.session().goesBy()) {
                    lines.add("target         what calls of its session have chosen");
                }
                meaning.redaction()
                        .ifPresent(secrets -> lines.add("secrets at     " + VisibleText.line(secrets.toString())));
                outgoing(HttpCall.of(meaning.outgoing()), lines);
            }
        }
        return lines;
    }

    private static void action(Action action, List<String> lines) {
        lines.add("operation      " + VisibleText.line(action.operation().toString()));
        lines.add("impacts        " + words(action.impacts()));
        action.facts().stream()
                .filter(RequestExplainer::isReason)
                .forEach(fact -> lines.add("  because      " + VisibleText.line(fact.value())));
        lines.add("reversibility  " + action.reversibility().word());
        action.resources().forEach(resource -> lines.add("resource       " + VisibleText.line(resource.toString())));
        action.facts().stream()
                .filter(fact -> !isReason(fact))
                .forEach(fact -> lines.add("fact           " + VisibleText.line(fact.name()) + " = "
                        + VisibleText.line(fact.value()) + (fact.isSalted() ? " (the log has a digest of it)" : "")));
    }

    private static boolean isReason(Fact fact) {
        return fact.name().equals("because") || fact.name().equals("effect");
    }

    private static void outgoing(HttpCall call, List<String> lines) {
        lines.add("goes upstream  " + line(call));
        call.headers()
                .forEach(header ->
                        lines.add("               " + VisibleText.line(header.name() + ": " + header.value())));
        if (call.body().length() > 0) {
            lines.add("               " + VisibleText.line(text(call)));
        }
    }

    private static String line(HttpCall call) {
        return VisibleText.line(call.method() + " " + WrittenRequest.target(call));
    }

    private static String text(HttpCall call) {
        return new String(call.body().toArray(), StandardCharsets.UTF_8);
    }

    private static String words(Set<Impact> impacts) {
        return impacts.stream().sorted().map(Impact::word).collect(Collectors.joining(", "));
    }

    Json.Members json() {
        Json.Members answer = Json.object().with("catalog", catalog).with("understood", isUnderstood());
        return switch (explanation) {
            case CallReading.PushMeaning _ -> throw new IllegalStateException("an explanation takes no push apart");
            case CallReading.CallRejection(var reason, var next, var _) ->
                answer.with("reason", reason).with("next", next);
            case CallReading.CallMeaning meaning ->
                answer.withItems("actions", meaning.actions().stream().map(RequestExplainer::json))
                        .with("outgoing", json(HttpCall.of(meaning.outgoing())));
        };
    }

    private static Json json(HttpCall outgoing) {
        return Json.object()
                .with("method", outgoing.method())
                .with("target", WrittenRequest.target(outgoing))
                .withTexts("headers", outgoing.headers().stream().map(header -> header.name() + ": " + header.value()))
                .with("body", text(outgoing));
    }

    private static Json json(Action action) {
        return Json.object()
                .with("operation", action.operation().toString())
                .withTexts("impacts", action.impacts().stream().sorted().map(Impact::word))
                .with("reversibility", action.reversibility().word())
                .withTexts("resources", action.resources().stream().map(Resource::toString))
                .withItems(
                        "facts",
                        action.facts().stream()
                                .map(fact -> Json.object()
                                        .with("name", fact.name())
                                        .with("value", fact.value())
                                        .with("digest_in_log", fact.isSalted())));
    }
}
