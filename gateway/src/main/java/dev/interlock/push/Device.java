package dev.interlock.push;

import dev.interlock.action.VisibleText;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.time.DateTimeException;
import java.time.Instant;

/** A browser that notifies one person of the seal, under that person's own name for it. */
public record Device(String person, String label, Instant since, Subscription subscription) {

    /** Limits the length of a label. */
    static final int MAX_LABEL = 60;

    public Device {
        label = VisibleText.cut(VisibleText.line(label), MAX_LABEL);
    }

    /** Returns the name under which people see it, such as {@code D-0123456789abcdef01234567}. It opens nothing. */
    public String id() {
        return subscription.name();
    }

    /** Returns the host of its push service. */
    public String service() {
        return PushServices.service(subscription.address());
    }

    Json.Members json() {
        return subscription.json().with("person", person).with("label", label).with("since", since.toString());
    }

    static Device read(Json.Members stored, PushServices services) {
        try {
            return new Device(
                    stored.text("person"),
                    stored.text("label"),
                    Instant.parse(stored.text("since")),
                    Subscription.of(stored.text("endpoint"), stored.text("p256dh"), stored.text("auth"), services));
        } catch (DateTimeException e) {
            throw new MalformedException("`since` is not a valid time", e);
        }
    }
}
