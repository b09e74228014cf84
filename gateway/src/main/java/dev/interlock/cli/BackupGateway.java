package dev.interlock.cli;

import dev.interlock.admin.AdminClient;
import dev.interlock.admin.AdminRefusedException;
import dev.interlock.backup.Attested;
import dev.interlock.backup.Plan;
import dev.interlock.backup.Standing;
import dev.interlock.evidence.Json;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.Optional;

/**
 * What this machine's gateway believes of backups, and what it is told. One that hangs is one that cannot be asked:
 * backups are taken and tried all the same.
 */
final class BackupGateway {

    static final Duration ANSWER = Duration.ofSeconds(30);

    /** What there is to be said where {@code kept} is false. */
    static final String UNKEPT =
            ": the gateway could not write that down, and forgets it if it is restarted (its disk may be full); ";

    private static final String WORD = "backup.attest";

    private static final String KEPT = "kept";

    /**
     * What it said to a word that it took.
     *
     * @param isKept whether it will know it after a restart
     */
    record Taken(String receipt, boolean isKept) {}

    private final Terminal terminal;
    private final Options own;

    BackupGateway(Terminal terminal, Options own) {
        this.terminal = terminal;
        this.own = own;
    }

    private AdminClient daemon() throws IOException {
        return own.daemon().within(ANSWER);
    }

    /** What it believes of {@code plan}, if it can be asked and knows it; to be asked before the target is. */
    Optional<Standing> standing(Plan plan) {
        try {
            return standing(daemon(), plan.name());
        } catch (Exception e) {
            return Optional.empty(); // whoever is told something is told that it could not be
        }
    }

    private static Optional<Standing> standing(AdminClient daemon, String plan)
            throws IOException, AdminRefusedException {
        Json.Members plans = daemon.call("backup.plans", Json.object()).object("plans");
        return plans.get(plan).isEmpty() ? Optional.empty() : Optional.of(Standing.of(plans.object(plan)));
    }

    /** The backup of {@code plan} that it counts on. */
    Optional<String> counted(Plan plan) {
        return standing(plan).flatMap(Standing::counted);
    }

    /**
     * What may not be removed, as a call may rest on it.
     *
     * @param counted the backup that it counts on
     * @param unasked why it cannot be asked: then a call may rest on any
     */
    record Rest(Optional<String> counted, Optional<String> unasked) {

        boolean mayBeOn(String id) {
            return unasked.isPresent() || counted.filter(id::equals).isPresent();
        }
    }

    /** On which backups of {@code plan} a call may rest, whatever is noted on the target. */
    Rest rest(Plan plan) {
        try {
            return new Rest(asked(plan).flatMap(Standing::counted), Optional.empty());
        } catch (IOException | AdminRefusedException | RuntimeException e) {
            return new Rest(Optional.empty(), Optional.of(String.valueOf(e.getMessage())));
        }
    }

    /**
     * The receipt, if it was told. One that is not there now, or cannot write it down, is told later, or by hand; what
     * was found is true all the same.
     */
    Optional<String> attest(Attested found, String signature) {
        try {
            Taken taken = taken(daemon().call(WORD, new SignedWord(found.json(), signature).json()));
            if (!taken.isKept()) {
                terminal.problem(found.json().text("plan") + "/" + found.id() + UNKEPT
                        + "`backup run` hands it in again, receipt " + taken.receipt());
                return Optional.empty();
            }
            return Optional.of(taken.receipt());
        } catch (FileNotFoundException | NoSuchFileException e) {
            String plan = found.json().text("plan");
            terminal.problem("there is no gateway here (no gateway.yaml), and none was told; carry it to the gateway's"
                    + " machine: interlock backup signed " + plan + own.again() + " | ssh GATEWAY interlock backup"
                    + " attest");
            return Optional.empty();
        } catch (Exception e) {
            terminal.problem("the gateway was not told: " + e.getMessage());
            return Optional.empty();
        }
    }

    /**
     * As {@link #standing(Plan)}, for whoever has to know why it cannot be asked; nothing, where there is none here.
     */
    Optional<Standing> asked(Plan plan) throws IOException, AdminRefusedException {
        try {
            return standing(daemon(), plan.name());
        } catch (FileNotFoundException | NoSuchFileException e) {
            return Optional.empty(); // nothing rests on it
        }
    }

    /**
     * Tells whether the target of {@code plan} could be looked at: until it can be, nothing of it counts.
     *
     * @return false if it may forget that when it is restarted
     */
    boolean look(Plan plan, boolean looked) throws IOException, AdminRefusedException {
        Json.Members answer = daemon().call(
                        "backup.check", Json.object().with("plan", plan.name()).with("looked", looked));
        return isKept(answer);
    }

    private static boolean isKept(Json.Members answer) {
        return answer.get(KEPT).isEmpty() || answer.flag(KEPT);
    }

    private static Taken taken(Json.Members answer) {
        return new Taken(answer.text("receipt"), isKept(answer));
    }

    /** Hands in {@code word}, whoever has signed it, unless it is known already; what it said, if it was not. */
    static Optional<Taken> deliver(AdminClient daemon, SignedWord word) throws IOException, AdminRefusedException {
        Optional<Standing> standing = standing(daemon, word.said().text("plan"));
        if (standing.isPresent() && !standing.get().isNews(Attested.of(word.said()))) {
            return Optional.empty();
        }
        return Optional.of(taken(daemon.call(WORD, word.json())));
    }
}
