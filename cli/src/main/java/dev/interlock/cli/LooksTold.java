package dev.interlock.cli;

import dev.interlock.adminclient.AdminRefusedException;
import dev.interlock.backup.Listing;
import dev.interlock.backup.Plan;
import dev.interlock.backup.Rounds;
import dev.interlock.backup.Standing;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Tells the gateway whether the backup that it counts on was seen. What was not may be gone: until it is seen, nothing
 * of its plan counts. Nobody has to sign that. What it has not heard, as it was restarted or held up, it is told again
 * with the next look.
 *
 * <p>Threading: any thread may look, of each plan one at a time.
 */
final class LooksTold {

    private static final String SEEN = ": what counted is seen on its target again, and counts again";

    private static final String UNSEEN =
            ": until what counted is seen on its target, the gateway counts on none of its backups";

    private static final String UNKEPT = BackupGateway.UNKEPT + "`backup run` tells it again each minute";

    private static final String SEEN_UNHEARD =
            ": the gateway was not told that what counted is seen on its target again: ";

    private static final String UNSEEN_UNHEARD = ": the gateway was not told that what counted could not be seen on its"
            + " target, and goes on counting on it (`backup run` tells it again each minute): ";

    private final Terminal terminal;
    private final BackupGateway gateway;
    private final Set<String> owed = ConcurrentHashMap.newKeySet();
    private volatile boolean ending;

    LooksTold(Terminal terminal, BackupGateway gateway) {
        this.terminal = terminal;
        this.gateway = gateway;
    }

    /** Whoever looks at the target of one plan. */
    interface Eyes {

        /** Looks, and tells what there is to be told of what is there. */
        Rounds.Look look(Optional<Standing> standing) throws IOException;

        /** Whether the target has {@code id}. */
        boolean has(String id) throws IOException;
    }

    /** Nothing more is told: whoever ends this process by hand ends its programs with it, and their looks fail. */
    void end() {
        ending = true;
    }

    /** Looks at the target of {@code plan}, and tells. */
    Rounds.Look look(Plan plan, Eyes eyes) throws IOException {
        if (owes(plan)) {
            tell(plan, false); // before it is looked at, which may take its time
        }
        Optional<Standing> standing = gateway.standing(plan);
        try {
            Rounds.Look found = eyes.look(standing);
            boolean isSeen = isSeen(plan, found, eyes);
            if (isSeen) {
                owed.remove(plan.name());
            }
            if (isSeen == found.standing().isUnlooked()) {
                tell(plan, isSeen);
            }
            return found;
        } catch (IOException | RuntimeException | Error e) {
            tell(plan, false);
            throw e;
        }
    }

    /** Whether the gateway has yet to hear that what it counts on of {@code plan} was not seen. */
    boolean owes(Plan plan) {
        return owed.contains(plan.name());
    }

    private void tell(Plan plan, boolean seen) {
        try {
            Optional<Standing> known = gateway.asked(plan);
            boolean isNews = known.filter(one -> one.isUnlooked() == seen).isPresent();
            boolean isKept = true;
            if (isNews || (known.isPresent() && !seen && owes(plan))) {
                if (ending) {
                    return;
                }
                isKept = gateway.look(plan, seen);
            }
            if (isNews) {
                terminal.problem(plan.name() + (seen ? SEEN : UNSEEN));
            }
            if (isKept) {
                owed.remove(plan.name());
            } else if (owed.add(plan.name())) {
                terminal.problem(plan.name() + UNKEPT);
            }
        } catch (IOException | AdminRefusedException | RuntimeException e) {
            if (!ending && (seen || owed.add(plan.name()))) {
                terminal.problem(plan.name() + (seen ? SEEN_UNHEARD : UNSEEN_UNHEARD) + e.getMessage());
            }
        }
    }

    /**
     * Whether what the gateway counts on was seen. If it was not, it counts on another one by now, as it was told that
     * this one is gone, or a younger one was restored; or that word was not signed, or not taken.
     */
    private boolean isSeen(Plan plan, Rounds.Look found, Eyes eyes) throws IOException {
        Optional<String> counted = found.standing().counted();
        if (counted.isEmpty() || isSound(found.listing(), counted.get())) {
            return true;
        }
        Optional<Standing> now = gateway.standing(plan);
        Optional<String> next = now.flatMap(Standing::counted);
        if (now.isEmpty() || next.equals(counted)) {
            return false;
        }
        return next.isEmpty()
                || (found.listing().has(next.get()) ? isSound(found.listing(), next.get()) : eyes.has(next.get()));
    }

    private static boolean isSound(Listing listing, String id) {
        return listing.has(id) && !listing.troubled().containsKey(id);
    }

    /** Tells that {@code id} of {@code plan} was not seen, if the gateway counts on it still. */
    void gone(Plan plan, String id) {
        if (gateway.counted(plan).equals(Optional.of(id))) {
            tell(plan, false);
        }
    }
}
