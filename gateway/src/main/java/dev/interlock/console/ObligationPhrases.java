package dev.interlock.console;

import dev.interlock.evidence.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Formats the obligations of a policy as people say them. */
final class ObligationPhrases {

    private ObligationPhrases() {}

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
            sentences.add(
                    "a person who is not behind the lease signs: neither the agent's owner nor the person who signed for the lease");
        }
        return sentences;
    }
}
