package dev.interlock.confirm;

import dev.interlock.action.Impact;
import dev.interlock.action.Sensed;
import dev.interlock.evidence.ConfirmationCheck;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The sentences about holds that agents and people read. */
final class Wording {

    private Wording() {}

    /** What an attempt would do, as one sentence. */
    static String summary(Sensed sensed) {
        String asked =
                ActionClass.of(sensed).stream().map(ActionClass::toString).collect(Collectors.joining("; "));
        String sentence = sensed.lease().agent() + ", for " + sensed.lease().person() + " (task "
                + sensed.lease().task() + "), asks for " + asked + ", in "
                + String.join(" and ", sensed.environments()) + ": " + cost(sensed);
        return Visible.text(sentence);
    }

    private static String cost(Sensed sensed) {
        String impacts = sensed.impacts().stream().map(Impact::word).collect(Collectors.joining(", "));
        int lost = sensed.radius().lost().size();
        int backups = sensed.radius().lostBackups().size();
        return impacts + ", " + sensed.reversibility().word()
                + (lost == 0 ? "" : "; " + lost + " resource(s) and " + backups + " backup(s) would be gone") + ".";
    }

    /** What a signer types where {@code @type_name} asks for it: what would be lost, or else what is touched. */
    static String nameToType(Statement statement) {
        List<String> lost = statement.meaning().object("radius").texts("lost");
        if (!lost.isEmpty()) {
            return String.join(", ", lost);
        }
        return statement.meaning().objects("actions").stream()
                .flatMap(action -> action.objects("resources").stream())
                .map(resource -> resource.text("id"))
                .distinct()
                .sorted()
                .collect(Collectors.joining(", "));
    }

    /** What is missing before {@code hold} may be used at {@code now}. */
    static List<String> missing(Hold hold, SealDocument seal, Instant now) {
        if (hold.isUsable(now)) {
            return List.of();
        }
        List<String> missing = new ArrayList<>(hold.unprovable());
        if (hold.state() == HoldState.SIGNED) {
            missing.add("the cooldown, which ends at " + hold.usableFrom().orElseThrow());
            return missing;
        }
        missing.addAll(ConfirmationCheck.check(seal, hold.statement(), armored(hold), now)
                .unmet());
        if (hold.asksForName()) {
            missing.add("each signer types the name of what is at stake");
        }
        return missing;
    }

    static List<String> armored(Hold hold) {
        return hold.signatures().stream().map(Hold.Signed::armored).toList();
    }

    static HoldTicket ticket(Hold hold, SealDocument seal, Instant now) {
        Instant expires = hold.usableFrom().map(from -> from.plus(Hold.USABLE)).orElse(hold.signBy());
        return new HoldTicket(hold.id(), hold.statement().summary(), expires, missing(hold, seal, now), covers(hold));
    }

    static List<String> covers(Hold hold) {
        return hold.classes().stream().map(c -> Visible.text(c.toString())).toList();
    }
}
