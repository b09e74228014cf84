package dev.interlock.console;

import dev.interlock.evidence.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Formats actions and obligations as people say them. */
final class ActionPhrases {

    private ActionPhrases() {}

    /** Formats each action like {@code destroy volume vol_x}. The worst impact is the verb. */
    static String actions(List<Json.Members> actions) {
        List<String> all = new ArrayList<>();
        for (Json.Members action : actions) {
            Set<String> resources = new LinkedHashSet<>();
            action.objects("resources").forEach(resource -> resources.add(DisplayText.resource(resource.text("id"))));
            String on = resources.isEmpty() ? operation(action) : String.join(" and ", resources);
            all.add(verb(DisplayText.texts(action, "impacts")) + " " + on);
        }
        return String.join("; ", all);
    }

    /** Formats the actions as a title. */
    static String title(List<Json.Members> actions) {
        String words = actions(actions);
        return words.isEmpty() ? words : words.substring(0, 1).toUpperCase(Locale.ROOT) + words.substring(1);
    }

    static String operation(Json.Members action) {
        String operation = DisplayText.text(action, "operation");
        return operation.substring(operation.indexOf(':') + 1);
    }

    private static String verb(List<String> impacts) {
        if (impacts.contains("destroy")) {
            return "destroy";
        }
        if (impacts.contains("unknown")) {
            return "do something unknown to";
        }
        if (impacts.contains("credential")) {
            return "get secrets of";
        }
        if (impacts.contains("privilege")) {
            return "change access to";
        }
        if (impacts.contains("execute")) {
            return "run code in";
        }
        return impacts.contains("write") ? "change" : "read";
    }

    /** Formats the obligations of a policy as sentences without a full stop. */
    static List<String> obligations(Json.Members obligations) {
        List<String> sentences = new ArrayList<>();
        for (Json item : obligations.items("confirm")) {
            sentences.add(DisplayText.value(item) + (DisplayText.value(item).startsWith("1 ") ? " signs" : " sign"));
        }
        if (obligations.get("cooldown_seconds").isPresent() && obligations.whole("cooldown_seconds") > 0) {
            sentences.add(
                    "then a wait of " + DisplayText.duration(Duration.ofSeconds(obligations.whole("cooldown_seconds")))
                            + ", during which any approver can stop it");
        }
        obligations
                .get("backup_seconds")
                .ifPresent(_ -> sentences.add("a backup elsewhere that was restored for real"));
        obligations.get("rows").ifPresent(rows -> sentences.add("no more than " + DisplayText.value(rows) + " rows"));
        if (obligations.get("type_name").isPresent() && obligations.flag("type_name")) {
            sentences.add("each signer types the name of the resource");
        }
        if (obligations.get("other").isPresent() && obligations.flag("other")) {
            sentences.add("a person who is not behind the lease signs: neither the agent's owner nor "
                    + "the person who signed for the lease");
        }
        return sentences;
    }
}
