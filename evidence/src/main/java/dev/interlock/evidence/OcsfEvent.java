package dev.interlock.evidence;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A receipt as an event of the Open Cybersecurity Schema Framework: API Activity with the profile Security Control. The
 * whole receipt is its {@code unmapped}.
 */
final class OcsfEvent {

    static final String VERSION = "1.8.0";
    private static final int CATEGORY = 6; // Application Activity
    private static final int CLASS = 6003; // API Activity

    private static final int UNKNOWN = 0;
    private static final int OTHER = 99;
    private static final int SUCCESS = 1;
    private static final int FAILURE = 2;

    /** {@code activity_id} by impact; the first that a call has counts. */
    private static final List<Map.Entry<String, Integer>> ACTIVITIES =
            List.of(Map.entry("destroy", 4), Map.entry("write", 3), Map.entry("read", 2));

    /** {@code action_id}, {@code disposition_id} and its caption. */
    private record Control(int action, int disposition, String caption) {}

    private OcsfEvent() {}

    /** {@code intent} is that of an outcome, whose operation it has. */
    static Json.Members of(long leaf, Receipt receipt, Optional<Receipt> intent) {
        List<Json.Members> actions = actions(intent.orElse(receipt));
        Set<String> impacts = new TreeSet<>();
        Set<String> operations = new TreeSet<>();
        actions.forEach(action -> {
            impacts.addAll(action.texts("impacts"));
            operations.add(action.text("operation"));
        });
        Json.Members members = receipt.members();
        int activity = activity(receipt, impacts);
        Json.Members event = Json.object()
                .with("category_uid", CATEGORY)
                .with("class_uid", CLASS)
                .with("activity_id", activity)
                .with("type_uid", CLASS * 100L + activity)
                .with("time", receipt.at().toEpochMilli())
                .with("severity_id", severity(actions, impacts))
                .with("metadata", metadata(leaf, receipt))
                .with("actor", actor(intent.orElse(receipt)))
                .with("src_endpoint", Json.object().with("name", caller(intent.orElse(receipt))))
                .with("api", api(receipt, operations))
                .withItems("resources", resources(actions))
                .with("unmapped", members);
        if (activity == OTHER) {
            event = event.with("activity_name", impacts.isEmpty() ? "administer" : String.join(", ", impacts));
        }
        Optional<String> upstream = intent.orElse(receipt).members().textIfAny("upstream");
        if (upstream.isPresent()) {
            event = event.with("dst_endpoint", Json.object().with("svc_name", upstream.get()));
        }
        return controlled(status(event, receipt), receipt);
    }

    private static List<Json.Members> actions(Receipt call) {
        try {
            return CallVerdict.of(call).isEmpty()
                    ? List.of()
                    : IntentMeaning.members(call).objects("actions");
        } catch (MalformedException e) {
            return List.of(); // what it says stands in `unmapped`
        }
    }

    private static int activity(Receipt receipt, Set<String> impacts) {
        if (receipt.kind() == Receipt.Kind.ADMIN) {
            return OTHER;
        }
        return ACTIVITIES.stream()
                .filter(each -> impacts.contains(each.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(impacts.isEmpty() ? UNKNOWN : OTHER);
    }

    /** High if it cannot be taken back, medium if it destroys, reveals or widens something, else informational. */
    private static int severity(List<Json.Members> actions, Set<String> impacts) {
        boolean isGrave = List.of("destroy", "credential", "privilege").stream().anyMatch(impacts::contains);
        boolean isForGood = actions.stream()
                .anyMatch(action -> action.textIfAny("reversibility").equals(Optional.of("irreversible")));
        return isGrave ? isForGood ? 4 : 3 : 1;
    }

    private static Json.Members metadata(long leaf, Receipt receipt) {
        return Json.object()
                .with("version", VERSION)
                .withTexts("profiles", List.of("security_control"))
                .with("product", Json.object().with("name", "Interlock").with("vendor_name", "Interlock"))
                .with("uid", receipt.id())
                .with("correlation_uid", receipt.intent().orElse(receipt.id()))
                .with("event_code", receipt.kind().word())
                .with("log_name", receipt.origin())
                .with("log_version", "interlock-receipt@v1")
                .with("original_time", receipt.at().toString())
                .with("sequence", leaf);
    }

    private static Optional<String> first(Receipt receipt, String... names) {
        return List.of(names).stream()
                .flatMap(name -> receipt.members().textIfAny(name).stream())
                .filter(text -> !text.isEmpty())
                .findFirst();
    }

    private static Json.Members actor(Receipt call) {
        Json.Members actor = Json.object().with("app_name", caller(call));
        Optional<String> person = first(call, "person", "peer");
        actor = person.isPresent()
                ? actor.with("user", Json.object().with("name", person.get()))
                : actor;
        Optional<String> lease = first(call, "lease");
        return lease.isPresent() ? actor.with("session", Json.object().with("uid", lease.get())) : actor;
    }

    /** Returns who called: receipts hold no address. */
    private static String caller(Receipt call) {
        return first(call, "agent", "peer", "person").orElse(call.origin());
    }

    private static Json.Members api(Receipt receipt, Set<String> operations) {
        String operation = operations.isEmpty()
                ? first(receipt, "command", "refusal").orElse(receipt.kind().word())
                : String.join(", ", operations);
        Json.Members api = Json.object().with("operation", operation);
        return code(receipt)
                .map(code -> api.with("response", Json.object().with("code", code)))
                .orElse(api);
    }

    private static Optional<Json> code(Receipt outcome) {
        return outcome.members()
                .get("answer")
                .filter(Json.Members.class::isInstance)
                .flatMap(answer -> ((Json.Members) answer).get("status"))
                .filter(Json.Whole.class::isInstance);
    }

    private static Stream<Json.Members> resources(List<Json.Members> actions) {
        List<Json.Members> resources = new ArrayList<>();
        actions.forEach(action -> resources.addAll(action.objects("resources")));
        return resources.stream()
                .map(resource -> Json.object()
                        .with("uid", resource.text("id"))
                        .withTexts("labels", resource.texts("environments")))
                .distinct();
    }

    /** Adds how it ended, if the receipt says that. */
    private static Json.Members status(Json.Members event, Receipt receipt) {
        Optional<Json> code = code(receipt);
        Json.Members told = code.isPresent()
                ? event.with("status_code", code.get().canonicalText())
                : event;
        return switch (receipt.kind()) {
            case INTENT -> told.with("status_id", UNKNOWN);
            case HELD, REFUSED -> told.with("status_id", FAILURE);
            case OUTCOME ->
                told.with("status_id", switch (receipt.result().orElseThrow()) {
                    case DONE -> SUCCESS;
                    case FAILED, REFUSED -> FAILURE;
                    case UNKNOWN -> UNKNOWN;
                });
            case ADMIN ->
                told.with(
                        "status_id",
                        switch (receipt.members().textIfAny("result").orElse("accepted")) {
                            case "rejected", "refused", "failed" -> FAILURE;
                            default -> SUCCESS;
                        });
        };
    }

    /** Adds what was decided, and by which policies. */
    private static Json.Members controlled(Json.Members event, Receipt receipt) {
        Optional<CallVerdict> verdict = CallVerdict.of(receipt);
        if (verdict.isEmpty()) {
            return event;
        }
        Control control =
                switch (verdict.get()) {
                    case PERMITTED -> new Control(1, 1, "Allowed");
                    case CONFIRMED, GRANTED -> new Control(1, 8, "Approved");
                    case OBSERVED -> new Control(3, 17, "Logged");
                    case ASKED -> new Control(2, 23, "Challenge");
                    case REFUSED -> new Control(2, 2, "Blocked");
                };
        return event.with("action_id", control.action())
                .with("disposition_id", control.disposition())
                .with("disposition", control.caption())
                .withItems(
                        "authorizations",
                        receipt.members().texts("policies").stream().map(policy -> Json.object()
                                .with("decision", verdict.get().word())
                                .with("policy", Json.object().with("uid", policy))));
    }
}
