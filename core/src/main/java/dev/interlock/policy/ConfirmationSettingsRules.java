package dev.interlock.policy;

import dev.interlock.action.ApprovalRules;
import dev.interlock.action.Seal;
import dev.interlock.action.SoleOwnerRules;
import dev.interlock.evidence.SealDocument;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Rejects seals whose confirmation settings cannot work, such as an escalation to nobody or a limit that limits
 * nothing.
 */
final class ConfirmationSettingsRules {

    private static final int MAX_RUNGS = 8;

    /** A hold that nobody has answered expires after this time. */
    private static final Duration MAX_AFTER = Duration.ofHours(1);

    private static final int MAX_SIGNATURES = 200;
    private static final Duration MAX_HASTY = Duration.ofMinutes(5);

    private ConfirmationSettingsRules() {}

    static List<SealIssue> check(Seal seal) {
        List<SealIssue> issues = new ArrayList<>();
        ApprovalRules approvals = seal.approvals();
        if (approvals.ladder().size() > MAX_RUNGS) {
            issues.add(new SealIssue("escalate", "an escalation has at most " + MAX_RUNGS + " steps"));
        }
        for (int i = 0; i < approvals.ladder().size(); i++) {
            rung(seal, approvals.ladder().get(i), "escalate > " + (i + 1), issues);
        }
        if (approvals.signaturesPerHour() < 1 || approvals.signaturesPerHour() > MAX_SIGNATURES) {
            issues.add(new SealIssue("signing > per-hour", "it must be between 1 and " + MAX_SIGNATURES));
        }
        if (approvals.minimumReadTime().isNegative()
                || approvals.minimumReadTime().compareTo(MAX_HASTY) > 0) {
            issues.add(new SealIssue("signing > hasty", "it must be at most " + MAX_HASTY.toMinutes() + " minutes"));
        }
        approvals.solo().ifPresent(solo -> solo(seal, solo, issues));
        return issues;
    }

    /** Such a seal is as strong as that person's hardware key and the message on their second channel. */
    private static void solo(Seal seal, SoleOwnerRules solo, List<SealIssue> issues) {
        if (seal.people().size() != 1) {
            issues.add(new SealIssue(
                    "solo",
                    "`solo` is for one person, but the seal names "
                            + seal.people().size() + ": remove it, and let the others sign"));
        }
        if (PolicyChecks.withHardware(seal, SealDocument.OWNERS) == 0) {
            issues.add(new SealIssue(
                    "solo",
                    "a sole owner signs with a hardware key, but nobody in `" + SealDocument.OWNERS + "` has one"));
        }
        if (seal.softwareKeys()) {
            issues.add(new SealIssue("confirm > software-keys", "a sole owner cannot sign with a software key"));
        }
        if (solo.delay().compareTo(SoleOwnerRules.LEAST) < 0 || solo.delay().compareTo(SoleOwnerRules.MOST) > 0) {
            issues.add(new SealIssue(
                    "solo > delay",
                    "it must be between " + SoleOwnerRules.LEAST.toMinutes() + " minutes and "
                            + SoleOwnerRules.MOST.toHours() + " hours"));
        }
        if (!SealRules.isName(solo.notice())) {
            issues.add(new SealIssue("solo > notice", "name an alert receiver from `gateway.yaml`"));
        }
    }

    private static void rung(Seal seal, ApprovalRules.EscalationStep rung, String path, List<SealIssue> issues) {
        if (!rung.after().isPositive() || rung.after().compareTo(MAX_AFTER) >= 0) {
            issues.add(new SealIssue(
                    path + " > after", "it must be less than an hour, because a hold then ends as a denial"));
        }
        if (seal.people().values().stream().noneMatch(person -> person.groups().contains(rung.to()))) {
            issues.add(new SealIssue(
                    path + " > to",
                    "nobody is in the group `" + FormattedText.of(rung.to()) + "`"
                            + PersonGroups.meant(seal, rung.to())));
        }
        issues.addAll(
                SealIssue.unknown(path + " > in", rung.in(), seal.environments().keySet()));
    }
}
