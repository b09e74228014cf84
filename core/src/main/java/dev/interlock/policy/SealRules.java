package dev.interlock.policy;

import dev.interlock.action.ApprovalRules;
import dev.interlock.action.BackupPlans;
import dev.interlock.action.CatalogFacts;
import dev.interlock.action.ExemptOperation;
import dev.interlock.action.Impact;
import dev.interlock.action.Lease;
import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import dev.interlock.action.SoleOwnerRules;
import dev.interlock.action.UserName;
import dev.interlock.evidence.CallGrant;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.SealDocument;
import dev.interlock.evidence.SshPublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Rejects seals, apart from their policies, that refer to unknown names or give one key to two people. */
final class SealRules {

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}");
    private static final Pattern AGENT = Pattern.compile("[a-z0-9][a-z0-9._-]{0,63}/[a-z0-9][a-z0-9._-]{0,63}");

    /** The form of a subject in OpenID Connect Core 1.0 §2. */
    private static final Pattern SUBJECT = Pattern.compile("[\\x21-\\x7e]{1,255}");

    private final Seal seal;
    private final CatalogFacts catalogs;
    private final List<SealIssue> issues = new ArrayList<>();

    private SealRules(Seal seal, CatalogFacts catalogs) {
        this.seal = seal;
        this.catalogs = catalogs;
    }

    static List<SealIssue> check(Seal seal, CatalogFacts catalogs) {
        List<SealIssue> own = own(seal, catalogs);
        if (!own.isEmpty()) {
            return own; // nothing else can be checked while catalogs cannot be read
        }
        SealRules rules = new SealRules(seal, catalogs.of(seal));
        rules.environments();
        rules.people();
        rules.agents();
        rules.tasks();
        seal.upstreams().values().forEach(u -> rules.issues.addAll(UpstreamRules.check(seal, u, rules.catalogs)));
        rules.slotNames();
        rules.classified();
        rules.withoutApproval();
        rules.issues.addAll(LimitRules.check(seal, rules.catalogs));
        rules.issues.addAll(ConfirmationSettingsRules.check(seal));
        rules.observing();
        rules.codeFreezes();
        rules.backups();
        rules.names("alerts", seal.alerts().receivers());
        rules.recovery();
        return rules.issues;
    }

    private static List<SealIssue> own(Seal seal, CatalogFacts catalogs) {
        List<SealIssue> issues = new ArrayList<>();
        seal.ownCatalogs().values().forEach(catalog -> {
            String path = "own-catalogs > " + catalog.name();
            catalogs.own().mistakes(catalog).forEach(mistake -> issues.add(new SealIssue(path, mistake)));
            if (!seal.catalogs().containsKey(catalog.name())) {
                issues.add(
                        new SealIssue(path, "no upstream has the catalog `" + FormattedText.of(catalog.name()) + "`"));
            }
        });
        return issues;
    }

    private void observing() {
        boolean endless = seal.observeUntil()
                .filter(until -> until.isAfter(seal.sealedAt().plus(Seal.MAX_OBSERVING)))
                .isPresent();
        if (endless) {
            issue("observe", "a seal may observe for at most " + Seal.MAX_OBSERVING.toDays() + " days");
        }
    }

    private void codeFreezes() {
        seal.codeFreezes().stream()
                .flatMap(freeze -> freeze.environments().stream())
                .filter(environment -> !seal.environments().containsKey(environment))
                .distinct()
                .forEach(environment ->
                        issue("code-freezes", "there is no environment `" + FormattedText.of(environment) + "`"));
    }

    private void backups() {
        BackupPlans backups = seal.backups();
        for (String key : backups.attesters()) {
            try {
                SshPublicKey.parse(key);
            } catch (MalformedException e) {
                issue("backups > attesters", "`" + FormattedText.of(key) + "` is not an OpenSSH public key");
            }
        }
        if (backups.attesters().isEmpty() && !backups.plans().isEmpty()) {
            issue("backups > attesters", "name the key that `interlock backup run` signs with");
        }
        backups.plans().forEach(this::backup);
        backups.expendable().forEach(this::expendable);
    }

    private void expendable(Resource resource) {
        String path = "backups > expendable";
        String named = "`" + FormattedText.of(resource.toString()) + "`";
        if (!isOfAnUpstream(resource)) {
            issue(path, named + " does not belong to any upstream");
        }
        if (!seal.backups().groups(resource).isEmpty()) {
            issue(path, named + " has a backup plan, so it cannot be expendable");
        }
    }

    private boolean isOfAnUpstream(Resource resource) {
        return seal.upstreams().values().stream()
                .anyMatch(upstream -> upstream.catalog().equals(resource.provider()));
    }

    private void backup(String name, BackupPlans.Plan plan) {
        String path = "backups > plans > " + FormattedText.of(name);
        if (!NAME.matcher(name).matches()) {
            issue(path, "its name must be in lower-case letters, digits and `._-`");
        }
        if (plan.domain().isBlank() || plan.domain().equals(plan.of().toString())) {
            issue(
                    path + " > domain",
                    "name the place of its backups, which must differ from the resource that they save");
        }
        if (plan.deletableBy().stream().flatMap(Set::stream).anyMatch(String::isBlank)) {
            issue(path + " > deletable-by", "a credential needs a name");
        }
        boolean isStrange = plan.copyOf()
                .filter(of -> Optional.ofNullable(seal.backups().plans().get(of))
                        .filter(first -> first.copyOf().isEmpty() && first.of().equals(plan.of()))
                        .isEmpty())
                .isPresent();
        if (isStrange) {
            issue(
                    path + " > copy-of",
                    "name a plan of `" + FormattedText.of(plan.of().toString()) + "` that is not a copy itself");
        }
        BackupPlans.RecoveryTargets targets = plan.targets();
        boolean reachable = targets.point().isPositive()
                && Stream.concat(targets.time().stream(), targets.rehearsalAge().stream())
                        .allMatch(Duration::isPositive);
        if (!reachable) {
            issue(path + " > targets", "a target must be longer than zero");
        }
        if (!isOfAnUpstream(plan.of())) {
            issue(path + " > of", "`" + FormattedText.of(plan.of().toString()) + "` does not belong to any upstream");
        }
        boolean isOfOneOfTwo = seal.upstreams().values().stream()
                .filter(upstream -> upstream.database().equals(Optional.of(plan.of())))
                .anyMatch(upstream -> seal.database(upstream).isEmpty());
        if (isOfOneOfTwo) {
            issue(
                    path + " > of",
                    "several upstreams have a database `"
                            + FormattedText.of(plan.of().id())
                            + "`, at different addresses, so no backup can be told to be of one of them");
        }
    }

    private void recovery() {
        seal.passkeys().recovery().ifPresent(quorum -> {
            long able = PolicyChecks.countSigners(seal, quorum.group());
            if (able < quorum.count()) {
                issue(
                        "confirm > recovery",
                        "`" + quorum + "` can never endorse a key: " + PersonGroups.able(seal, quorum));
            }
        });
    }

    private void environments() {
        if (!NAME.matcher(seal.organisation()).matches()) {
            issue("organisation", "write it in lower-case letters, digits and `._-`");
        }
        if (seal.environments().isEmpty()) {
            issue("environments", "name at least one environment");
        }
        names("environments", seal.environments().keySet());
    }

    private void people() {
        names("people", seal.people().keySet());
        Map<SshPublicKey, String> owners = new HashMap<>();
        Map<String, String> subjects = new HashMap<>();
        for (Seal.Person person : seal.people().values()) {
            String path = "people > " + person.name();
            names(path + " > groups", person.groups());
            for (String line : person.keys()) {
                key(path + " > keys", person, line, owners);
            }
            person.subject().ifPresent(subject -> subject(path + " > subject", person, subject, subjects));
        }
    }

    /** Checks that a provider's subject belongs to exactly one person. The subject alone identifies that person. */
    private void subject(String path, Seal.Person person, String subject, Map<String, String> subjects) {
        if (seal.signIn().isEmpty()) {
            issue(path, "a subject needs the `sign-in` provider that issues it, and none is configured");
        }
        if (!SUBJECT.matcher(subject).matches()) {
            issue(path, "a provider's subject is 1 to 255 characters of ASCII without spaces");
        }
        String other = subjects.putIfAbsent(subject, person.name());
        if (other != null) {
            issue(path, "this subject already belongs to `" + other + "`; a subject belongs to one person");
        }
    }

    /** Checks that a key belongs to one person. A key of two people would let one of them form a quorum of two. */
    private void key(String path, Seal.Person person, String line, Map<SshPublicKey, String> owners) {
        try {
            String other = owners.putIfAbsent(SshPublicKey.parse(line), person.name());
            if (other != null) {
                issue(
                        path,
                        "this key already belongs to `" + other + "`; a key belongs to one person and is named once");
            }
        } catch (MalformedException e) {
            issue(path, "this is not an accepted OpenSSH public key: " + e.getMessage());
        }
    }

    private void agents() {
        for (Seal.Agent agent : seal.agents().values()) {
            String path = "agents > " + agent.id();
            if (!AGENT.matcher(agent.id()).matches()) {
                issue(path, "an agent is named `owner/name`, in lower-case letters, digits and `._-`");
            }
            names(path + " > owner", List.of(agent.owner()));
            names(path + " > teams", agent.teams());
            agent.users().stream()
                    .filter(user -> !UserName.is(user))
                    .forEach(user ->
                            issue(path + " > users > " + user, "`" + FormattedText.of(user) + "` is not a user name"));
        }
    }

    private void tasks() {
        names("tasks", seal.tasks().keySet());
        for (Seal.TaskTemplate task : seal.tasks().values()) {
            String path = "tasks > " + task.name();
            issues.addAll(SealIssue.unknown(
                    path + " > environments",
                    task.environments(),
                    seal.environments().keySet()));
            issues.addAll(SealIssue.unknown(
                    path + " > agents", task.agents(), seal.agents().keySet()));
            issues.addAll(noUnknownImpact(path + " > impacts", task.impacts()));
            if (task.ttl().compareTo(Lease.MAX_TTL) > 0 || !task.ttl().isPositive()) {
                issue(path + " > ttl", "a lease lasts at most " + Lease.MAX_TTL.toHours() + " hours");
            }
        }
    }

    private void slotNames() {
        Map<String, String> seen = new HashMap<>();
        for (Seal.Upstream upstream : seal.upstreams().values()) {
            for (Seal.CredentialSlot slot : upstream.credentials()) {
                String other = seen.putIfAbsent(slot.name(), upstream.name());
                if (other != null) {
                    issue(
                            "upstreams > " + upstream.name() + " > credentials > " + slot.name(),
                            "the upstream `" + other + "` has a credential of this name; give it another");
                }
            }
        }
    }

    /** Checks that the seal classifies only operations that no catalog knows: it must not weaken a known operation. */
    private void classified() {
        seal.classify().forEach((operation, impacts) -> {
            String path = "classify > " + operation;
            if (catalogs.hasOperation(operation)) {
                issue(path, "the catalog already classifies this operation; `classify` is for unknown operations only");
            }
            if (!seal.catalogs().containsKey(operation.provider())) {
                issue(path, "no upstream has the catalog `" + operation.provider() + "`");
            }
            if (impacts.isEmpty()) {
                issue(path, "name at least one impact");
            }
            issues.addAll(noUnknownImpact(path, impacts));
        });
    }

    private void withoutApproval() {
        for (ExemptOperation exempt : seal.approvals().withoutApproval()) {
            if (!catalogs.hasOperation(exempt.operation())) {
                issue("without-approval", "no catalog of this seal has the operation `" + exempt.operation() + "`");
            }
            issues.addAll(SealIssue.unknown(
                    "without-approval > " + exempt.operation(),
                    Set.of(exempt.environment()),
                    seal.environments().keySet()));
        }
    }

    private void names(String path, Collection<String> names) {
        for (String name : names) {
            if (!isName(name)) {
                issue(
                        path + " > " + name,
                        "`" + FormattedText.of(name) + "` must be in lower-case letters, digits and `._-`");
            }
        }
    }

    static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    private void issue(String path, String message) {
        issues.add(new SealIssue(path, message));
    }

    static List<SealIssue> noUnknownImpact(String path, Set<Impact> impacts) {
        return impacts.contains(Impact.UNKNOWN)
                ? List.of(new SealIssue(path, "`unknown` cannot be granted; name the impacts"))
                : List.of();
    }

    /** Rejects confirmation settings that cannot work, such as an escalation to nobody. */
    static final class ConfirmationSettingsRules {

        private static final int MAX_RUNGS = 8;

        /** A hold that nobody has answered expires after this time. */
        private static final Duration MAX_AFTER = Duration.ofHours(1);

        private static final int MAX_SIGNATURES = 200;
        private static final Duration MAX_HASTY = Duration.ofMinutes(5);
        private static final long MAX_GRANTED = 200;
        private static final Duration MAX_GRANT = Duration.ofHours(24);

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
                issues.add(
                        new SealIssue("signing > hasty", "it must be at most " + MAX_HASTY.toMinutes() + " minutes"));
            }
            approvals.solo().ifPresent(solo -> solo(seal, solo, issues));
            approvals.grants().ifPresent(grants -> grants(grants, issues));
            return issues;
        }

        private static void grants(CallGrant.GrantLimit grants, List<SealIssue> issues) {
            if (grants.calls() < 1 || grants.calls() > MAX_GRANTED) {
                issues.add(new SealIssue("signing > grant > at-most", "it must be between 1 and " + MAX_GRANTED));
            }
            if (!grants.time().isPositive() || grants.time().compareTo(MAX_GRANT) > 0) {
                issues.add(
                        new SealIssue("signing > grant > for", "it must be at most " + MAX_GRANT.toHours() + " hours"));
            }
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
            if (seal.people().values().stream()
                    .noneMatch(person -> person.groups().contains(rung.to()))) {
                issues.add(new SealIssue(
                        path + " > to",
                        "nobody is in the group `" + FormattedText.of(rung.to()) + "`"
                                + PersonGroups.meant(seal, rung.to())));
            }
            issues.addAll(SealIssue.unknown(
                    path + " > in", rung.in(), seal.environments().keySet()));
        }
    }
}
