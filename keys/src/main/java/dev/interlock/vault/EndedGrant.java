package dev.interlock.vault;

import dev.interlock.evidence.Json;
import java.time.DateTimeException;
import java.time.Instant;

/** An OAuth grant that its server accepts no more; {@code since} is when it said so for the first time. */
public record EndedGrant(String name, Instant since) {

    Json.Members json() {
        return Json.object().with("name", name).with("since", since.toString());
    }

    static EndedGrant read(Json.Members fields) {
        try {
            return new EndedGrant(fields.text("name"), Instant.parse(fields.text("since")));
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("it is no time", e);
        }
    }
}
