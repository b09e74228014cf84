package dev.interlock.evidence;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A receipt as an event of the Open Cybersecurity Schema Framework 1.8: API Activity with the profile Security Control.
 * The whole receipt is its {@code unmapped}.
 */
final class OcsfEvent {

    private static final int CLASS = 6003; // API Activity
    private static final int OTHER = 99;
    private static final int SUCCESS = 1;
    private static final int FAILURE = 2;

    private OcsfEvent() {}

    /** {@code intent} is that of an outcome, whose operation it has. */
    static Json.Members of(long leaf, Receipt receipt, Optional<Receipt> intent) {
        Receipt call = intent.orElse(receipt);
        try {
            return of(leaf, receipt, call, IntentMeaning.members(call).objects("actions"));
        } catch (MalformedException e) {
            return of(leaf, receipt, call, List.of()); // `unmapped` has what nobody can read
        }
    }

    private static Json.Members of(long leaf, Receipt receipt, Receipt call, List<Json.Members> actions) {
        Set<String> impacts = new TreeSet<>();
        Set<String> operations = new TreeSet<>();
        Set<String> resources = new TreeSet<>();
        for (Json.Members action : actions) {
            impacts.addAll(action.texts("impacts"));
            operations.add(action.text("operation"));
            action.objects("resources").forEach(resource -> resources.add(resource.text("id")));
        }
        String name = operations.isEmpty()
                ? first(receipt, "command", "refusal").orElse(receipt.kind().word())
                : String.join(", ", operations);
        String caller = first(call, "agent", "peer", "person").orElse(receipt.origin()); // receipts hold no address
        int activity = activity(impacts);
        Json.Members actor = Json.object().with("app_name", caller);
        Json.Members event = Json.object()
                .with("category_uid", CLASS / 1000)
                .with("class_uid", CLASS)
                .with("activity_id", activity)
                .with("activity_name", impacts.isEmpty() ? name : String.join(", ", impacts))
                .with("type_uid", CLASS * 100L + activity)
                .with("time", receipt.at().toEpochMilli())
                .with("severity_id", severity(actions, impacts))
                .with("metadata", metadata(leaf, receipt))
                .with(
                        "actor",
                        first(call, "person", "peer")
                                .map(person -> actor.with("user", Json.object().with("name", person)))
                                .orElse(actor))
                .with("src_endpoint", Json.object().with("name", caller))
                .with("api", Json.object().with("operation", name))
                .withItems(
                        "resources", resources.stream().map(id -> Json.object().with("uid", id)))
                .with("status_id", status(receipt))
                .with("unmapped", receipt.members());
        return CallVerdict.of(receipt)
                .map(verdict -> decided(event, verdict, receipt))
                .orElse(event);
    }

    private static Optional<String> first(Receipt receipt, String... names) {
        return List.of(names).stream()
                .flatMap(name -> receipt.members().textIfAny(name).stream())
                .filter(text -> !text.isEmpty())
                .findFirst();
    }

    private static int activity(Set<String> impacts) {
        if (impacts.contains("destroy")) {
            return 4;
        }
        return impacts.contains("write") ? 3 : impacts.contains("read") ? 2 : OTHER;
    }

    /** High if it cannot be taken back, medium if it destroys, reveals or widens something, else informational. */
    private static int severity(List<Json.Members> actions, Set<String> impacts) {
        boolean isForGood = actions.stream()
                .anyMatch(action -> action.textIfAny("reversibility").equals(Optional.of("irreversible")));
        boolean isGrave = List.of("destroy", "credential", "privilege").stream().anyMatch(impacts::contains);
        return !isGrave ? 1 : isForGood ? 4 : 3;
    }

    private static Json.Members metadata(long leaf, Receipt receipt) {
        return Json.object()
                .with("version", "1.8.0")
                .withTexts("profiles", List.of("security_control"))
                .with("product", Json.object().with("name", "Interlock").with("vendor_name", "Interlock"))
                .with("uid", receipt.id())
                .with("correlation_uid", receipt.intent().orElse(receipt.id()))
                .with("event_code", receipt.kind().word())
                .with("log_name", receipt.origin())
                .with("sequence", leaf);
    }

    /** 0 is unknown: of an intent, the outcome says it. */
    private static int status(Receipt receipt) {
        return switch (receipt.kind()) {
            case INTENT -> 0;
            case HELD, REFUSED -> FAILURE;
            case OUTCOME ->
                switch (receipt.result().orElseThrow()) {
                    case DONE -> SUCCESS;
                    case FAILED, REFUSED -> FAILURE;
                    case UNKNOWN -> 0;
                };
            case ADMIN ->
                Set.of("rejected", "refused", "failed")
                                .contains(first(receipt, "result").orElse(""))
                        ? FAILURE
                        : SUCCESS;
        };
    }

    private static Json.Members decided(Json.Members event, CallVerdict verdict, Receipt receipt) {
        int action = switch (verdict) {
            case PERMITTED, CONFIRMED, GRANTED -> 1; // allowed
            case ASKED, REFUSED -> 2; // denied
            case OBSERVED -> 3;
        };
        int disposition = switch (verdict) {
            case PERMITTED -> 1; // allowed
            case CONFIRMED, GRANTED -> 8; // approved
            case OBSERVED -> 17; // logged
            case ASKED -> 23; // challenge
            case REFUSED -> 2; // blocked
        };
        return event.with("action_id", action)
                .with("disposition_id", disposition)
                .withItems(
                        "authorizations",
                        receipt.members().texts("policies").stream()
                                .map(policy -> Json.object()
                                        .with("decision", verdict.word())
                                        .with("policy", Json.object().with("uid", policy))));
    }
}
