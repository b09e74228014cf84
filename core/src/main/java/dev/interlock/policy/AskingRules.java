package dev.interlock.policy;

import dev.interlock.action.Asking;
import dev.interlock.action.Seal;
import dev.interlock.action.Solo;
import dev.interlock.evidence.BreakGlass;
import dev.interlock.evidence.SealDocument;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Rejects seals whose confirmation settings cannot work, such as an escalation to nobody or a limit that limits
 * nothing.
 */
final class AskingRules {

    private static final int MAX_RUNGS = 8;

    /** A hold that nobody has answered expires after this time. */
    private static final Duration MAX_AFTER = Duration.ofHours(1);

    private static final int MAX_SIGNATURES = 200;
    private static final Duration MAX_HASTY = Duration.ofMinutes(5);

    private AskingRules() {}

    static List<Issue> check(Seal seal) {
        List<Issue> issues = new ArrayList<>();
        Asking asking = seal.asking();
        if (asking.ladder().size() > MAX_RUNGS) {
            issues.add(new Issue("escalate", "a ladder has " + MAX_RUNGS + " rungs at most"));
        }
        for (int i = 0; i < asking.ladder().size(); i++) {
            rung(seal, asking.ladder().get(i), "escalate > " + (i + 1), issues);
        }
        if (asking.signaturesPerHour() < 1 || asking.signaturesPerHour() > MAX_SIGNATURES) {
            issues.add(new Issue("signing > per-hour", "it is between 1 and " + MAX_SIGNATURES));
        }
        if (asking.hasty().isNegative() || asking.hasty().compareTo(MAX_HASTY) > 0) {
            issues.add(new Issue("signing > hasty", "it is " + MAX_HASTY.toMinutes() + " minutes at most"));
        }
        asking.glass()
                .filter(glass -> PolicyRules.withHardware(seal, glass.by()) == 0)
                .ifPresent(glass -> issues.add(new Issue(
                        "break-glass > by",
                        "nobody in the group `" + Shown.of(glass.by())
                                + "` has a hardware key, and glass is broken with hardware alone")));
        asking.solo().ifPresent(solo -> solo(seal, solo, issues));
        return issues;
    }

    /**
     * Checks a seal with one person only. Such a seal is as strong as that person's hardware key and the message that
     * they receive on a second channel.
     */
    private static void solo(Seal seal, Solo solo, List<Issue> issues) {
        if (seal.people().size() != 1) {
            issues.add(new Issue(
                    "solo",
                    "`solo` is for one person, and here are " + seal.people().size()
                            + ": leave it out, and let the others sign"));
        }
        if (PolicyRules.withHardware(seal, SealDocument.OWNERS) == 0) {
            issues.add(new Issue(
                    "solo",
                    "whoever is alone signs with hardware: nobody in `" + SealDocument.OWNERS + "` has such a key"));
        }
        if (seal.softwareKeys()) {
            issues.add(new Issue(
                    "confirm > software-keys", "where one person is alone, a key that is a file never counts"));
        }
        if (solo.delay().compareTo(Solo.LEAST) < 0 || solo.delay().compareTo(Solo.MOST) > 0) {
            issues.add(new Issue(
                    "solo > delay",
                    "it is between " + Solo.LEAST.toMinutes() + " minutes and " + Solo.MOST.toHours() + " hours"));
        }
        if (seal.asking()
                .glass()
                .filter(glass -> glass.waives().contains(BreakGlass.COOLDOWN))
                .isPresent()) {
            issues.add(new Issue(
                    "break-glass > waives",
                    "whoever is alone waits: the delay is what lets them see that somebody else uses their key"));
        }
        if (!SealRules.isName(solo.notice())) {
            issues.add(new Issue("solo > notice", "name a receiver of alerts of `gateway.yaml`"));
        }
    }

    private static void rung(Seal seal, Asking.Rung rung, String path, List<Issue> issues) {
        if (!rung.after().isPositive() || rung.after().compareTo(MAX_AFTER) >= 0) {
            issues.add(new Issue(path + " > after", "a hold waits for less than an hour before it ends as a denial"));
        }
        if (seal.people().values().stream().noneMatch(person -> person.groups().contains(rung.to()))) {
            issues.add(new Issue(path + " > to", "nobody is in the group `" + Shown.of(rung.to()) + "`"));
        }
        issues.addAll(
                Issue.unknown(path + " > in", rung.in(), seal.environments().keySet()));
    }
}
