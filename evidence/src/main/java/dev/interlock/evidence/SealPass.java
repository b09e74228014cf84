package dev.interlock.evidence;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Checks, in the order of the receipts, which seal was in force when a call was judged. */
final class SealPass {

    /** When each seal was replaced; the far future for the last one. */
    private final Map<String, Instant> replaced = new HashMap<>();

    private Optional<String> last = Optional.empty();
    private long highest;

    /** Returns what is wrong with {@code act}; empty if nothing is, or it adopts no seal. */
    Optional<String> accept(Receipt act) {
        Json.Members members = act.members();
        if (!act.isAct("seal.adopt") || members.get("sequence").isEmpty()) { // an order, which the gateway may have rejected
            return Optional.empty();
        }
        try {
            long sequence = new StrictFields(members).count("sequence");
            String seal = members.text("seal");
            last.ifPresent(before -> replaced.put(before, act.at()));
            replaced.put(seal, Instant.MAX);
            last = Optional.of(seal);
            boolean isOlder = sequence <= highest;
            highest = Math.max(highest, sequence);
            return isOlder ? Optional.of("it adopts a seal that is not newer than the one before") : Optional.empty();
        } catch (MalformedException e) {
            return Optional.of("its adoption of a seal cannot be read: " + e.getMessage());
        }
    }

    /** Returns why {@code seal} could not decide about what was recorded at {@code at}; empty if it could. */
    Optional<String> objection(String seal, Instant at) {
        Instant end = replaced.get(seal);
        if (end == null) {
            return Optional.of("no earlier receipt puts its seal in force");
        }
        return end.equals(Instant.MAX) || at.isBefore(end.plus(IntentMeaning.COMING))
                ? Optional.empty()
                : Optional.of("its seal was no longer in force");
    }
}
