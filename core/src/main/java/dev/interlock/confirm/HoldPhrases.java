package dev.interlock.confirm;

import dev.interlock.action.Bytes;
import dev.interlock.action.DigestPhrase;
import dev.interlock.action.Headline;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.VisibleText;
import dev.interlock.evidence.CallGrant;
import dev.interlock.evidence.ConfirmationCheck;
import dev.interlock.evidence.ElevationScope;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The sentences about holds that agents and people read. */
final class HoldPhrases {

    private static final String SAME = "A changed request needs a new confirmation.";

    /** Otherwise an agent would wait for each of them by itself, and ask people one by one. */
    private static final String TOGETHER =
            " If the task needs more calls of the same kind, send them now too: people confirm them together.";

    /** An agent that ends its run instead of waiting leaves people with a hold that they cannot sign. */
    private static final String WAIT =
            " The hold ends with your lease: if your run ends before people have answered, nobody can approve it any more.";

    private HoldPhrases() {}

    static String summary(ResolvedAttempt sensed) {
        String impacts = sensed.impacts().stream().map(Impact::word).collect(Collectors.joining(", "));
        return sensed.headline()
                + VisibleText.unambiguous(" (" + impacts + ", "
                        + sensed.reversibility().word() + "). Asked by " + who(sensed.lease()) + ", with "
                        + sensed.actions().stream()
                                .map(action -> action.operation().toString())
                                .distinct()
                                .collect(Collectors.joining(", "))
                        + ".");
    }

    /** Returns what a hold asks, in few words. */
    static String question(Statement statement) {
        return ElevationScope.is(statement)
                ? statement.summary()
                : Headline.of(
                        statement.meaning().objects("actions"),
                        statement.meaning().object("radius"));
    }

    static String who(Lease lease) {
        Set<String> signers = lease.signers().people(); // also signers who are not behind it
        String signed = signers.isEmpty() ? "" : ", lease signed by " + String.join(" and ", signers);
        return lease.agent() + ", for " + lease.person() + " (task " + lease.task() + signed + ")";
    }

    /** Returns what is missing before {@code hold} may be used at {@code now}. */
    static List<String> missing(Hold hold, SealDocument seal, Instant now) {
        if (hold.isUsable(now)) {
            return List.of();
        }
        List<String> missing = new ArrayList<>(hold.unprovable());
        if (hold.state() == HoldState.SIGNED) {
            missing.add("the cooldown, which lasts until " + hold.usableFrom().orElseThrow());
            return missing;
        }
        missing.addAll(ConfirmationCheck.check(seal, hold.statement(), armored(hold), now)
                .unmet());
        if (hold.asksForName()) {
            missing.add(hold.place()
                    .map(place -> "each signer types what `interlock hold show " + HoldSet.named(place.first())
                            + "` asks for")
                    .orElseGet(() -> "each signer types: " + NameToType.of(hold.statement())));
        }
        return missing;
    }

    static List<String> armored(Hold hold) {
        return hold.signatures().stream().map(Hold.HoldSignature::armored).toList();
    }

    static HoldTicket ticket(Hold hold, SealDocument seal, Instant now) {
        Instant expires = hold.usableFrom().map(from -> from.plus(Hold.USABLE)).orElse(hold.signBy());
        return new HoldTicket(
                hold.id(),
                hold.statement().summary(),
                hold.statement().reason(),
                expires,
                missing(hold, seal, now),
                next(hold, now),
                covers(hold),
                DigestPhrase.of(Bytes.of(hold.statement().canonical()).sha256()));
    }

    private static String next(Hold hold, Instant now) {
        if (hold.isElevation()) {
            return "Wait until people have decided about `" + hold.id()
                    + "` (in the console, or with `interlock hold sign "
                    + hold.id()
                    + " --key KEY`, or narrow it first): `GET /.interlock/elevations/" + hold.id()
                    + "` reports the decision; with `Prefer: wait=300` it answers as soon as they have decided.";
        }
        if (hold.isUsable(now)) {
            return "Send the identical request again; the confirmation is valid once. " + SAME;
        }
        if (hold.state() == HoldState.SIGNED) {
            return "Every required person has signed `" + hold.id() + "`. Wait until "
                    + hold.usableFrom().orElseThrow() + ", then send the identical request again. " + SAME + WAIT;
        }
        if (!hold.unprovable().isEmpty()) {
            return "Signatures alone cannot confirm this. Tell the owner of this task, and continue without it.";
        }
        if (asksForBackup(hold)) {
            return "Signatures alone may not suffice: people must first restore each missing backup for real (`interlock backup run`). Tell the owner of this task, then send the identical request again. "
                    + SAME + WAIT;
        }
        return "Wait until people have confirmed `" + hold.id() + "` (in the console, or with `interlock hold sign "
                + hold.id() + " --key KEY`), then send the identical request again. " + SAME + TOGETHER + WAIT;
    }

    private static boolean asksForBackup(Hold hold) {
        return hold.statement().obligations().get("backup_seconds").isPresent();
    }

    /** Returns all that a call must be like to be granted with the confirmation of {@code hold}. */
    static String like(Hold hold) {
        return VisibleText.unambiguous(hold.classes().stream()
                        .map(ActionClass::operation)
                        .distinct()
                        .collect(Collectors.joining(", ")))
                + ": " + question(hold.statement()) + ": " + CallGrant.promise(hold.statement());
    }

    static List<String> covers(Hold hold) {
        return hold.classes().stream()
                .map(c -> VisibleText.unambiguous(c.toString()))
                .toList();
    }
}
