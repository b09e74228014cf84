package dev.interlock.author;

import dev.interlock.action.Alert;
import dev.interlock.action.AlertRules;
import dev.interlock.action.ApprovalRules;
import dev.interlock.action.Backup;
import dev.interlock.action.BackupPlans;
import dev.interlock.action.CodeFreeze;
import dev.interlock.action.ExemptOperation;
import dev.interlock.action.Impact;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.ResourcePattern;
import dev.interlock.action.SandboxRules;
import dev.interlock.action.Seal;
import dev.interlock.action.SealLimits;
import dev.interlock.action.SealedBots;
import dev.interlock.action.SealedPlacements;
import dev.interlock.action.SignInProvider;
import dev.interlock.action.SoleOwnerRules;
import dev.interlock.action.UndoRules;
import dev.interlock.evidence.CallGrant;
import dev.interlock.evidence.WitnessRules;
import dev.interlock.policy.FormattedText;
import dev.interlock.policy.PolicyProblem;
import dev.interlock.policy.SealIssue;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Makes a draft seal from {@code interlock.yaml}. {@link dev.interlock.policy.DraftSeals} checks the contents
 * afterwards.
 */
final class InterlockYaml {

    static final String FILE = "interlock.yaml";

    /** Default for the largest state that is kept for one call, in bytes: most settings and files are shorter. */
    private static final int DEFAULT_STATE = 64 * 1024;

    /** Placeholder for the identifier of the future seal. */
    static final String DRAFT = "draft";

    private static final Duration DEFAULT_LIFETIME = Duration.ofDays(90);
    private final PolicyYaml<InterlockFile> yaml;
    private final InterlockFile file;
    private final Seal seal;

    private InterlockYaml(PolicyYaml<InterlockFile> yaml, List<Seal.PolicyText> policies, AvailableCatalogs available) {
        this.yaml = yaml;
        this.file = yaml.value();
        Map<String, Seal.Upstream> upstreams = yaml.each("upstreams", file.upstreams(), this::upstream);
        Map<String, Seal.OwnCatalog> own = own(upstreams, available.own());
        Optional<InterlockFile.Confirm> confirm = file.confirm();
        seal = Seal.empty(DRAFT, file.organisation(), 0, Instant.EPOCH, Instant.MAX)
                .with(parts -> {
                    parts.environments = yaml.each(
                            "environments",
                            file.environments(),
                            (name, said) -> new Seal.Environment(name, said.isProtected(), said.readable()));
                    parts.people = yaml.each(
                            "people",
                            file.people(),
                            (name, said) -> new Seal.Person(name, said.groups(), said.keys(), said.subject()));
                    parts.softwareKeys =
                            confirm.map(InterlockFile.Confirm::softwareKeys).orElse(false);
                    parts.passkeys = new Seal.PasskeyRules(
                            confirm.flatMap(InterlockFile.Confirm::firstPasskey)
                                    .equals(Optional.of(InterlockFile.FirstPasskey.CODE)),
                            confirm.flatMap(InterlockFile.Confirm::recovery));
                    parts.agents = yaml.each("agents", file.agents(), InterlockYaml::agent);
                    parts.upstreams = upstreams;
                    parts.tasks = yaml.each("tasks", file.tasks(), InterlockYaml::task);
                    parts.policies = policies;
                    parts.catalogs = digestsOf(upstreams, available.digests(), own);
                    parts.classify = classify();
                    parts.ownCatalogs = own;
                    parts.limits = new SealLimits(
                            yaml.each("budgets", file.budgets(), InterlockYaml::budget),
                            yaml.each("sequences", file.sequences(), this::sequence));
                    parts.sandbox = sandbox();
                    parts.approvals = approvals();
                    parts.alerts = yaml.at(
                            "alerts",
                            () -> new AlertRules(yaml.each("alerts", file.alerts(), (_, said) -> alert(said))));
                    parts.backups =
                            file.backups().map(InterlockYaml::backupPlans).orElse(BackupPlans.NONE);
                    parts.signIn = yaml.at(
                            "sign-in",
                            () -> file.signIn().map(said -> new SignInProvider(said.issuer(), said.client())));
                    parts.codeFreezes = yaml.each(
                            "code-freezes",
                            file.codeFreezes(),
                            (_, said) -> new CodeFreeze(said.environments(), said.from(), said.until(), said.reason()));
                    parts.undo = yaml.at(
                            "undo",
                            () -> file.undo()
                                    .map(said -> new UndoRules(
                                            said.time(),
                                            said.agentFor().orElse(Duration.ZERO),
                                            said.maxBytes().orElse(DEFAULT_STATE))));
                    parts.witnesses =
                            yaml.at("witnesses", () -> file.witnesses().map(InterlockYaml::witnesses));
                    parts.fleet =
                            yaml.at("fleet", () -> file.fleet().map(said -> new Seal.FleetRules(said.readGrace())));
                });
        if (observes().filter(time -> time.compareTo(Seal.MAX_OBSERVING) > 0).isPresent()) {
            throw problem(
                    "observe > for",
                    "a seal may observe for at most " + Seal.MAX_OBSERVING.toDays()
                            + " days; to observe for longer, seal again");
        }
    }

    /**
     * The catalogs that upstreams may name. Those that they do name become part of the seal.
     *
     * @param own the texts of the organisation's own catalogs, by name
     */
    record AvailableCatalogs(Map<String, String> digests, Map<String, String> own) {}

    static InterlockYaml read(String text, List<Seal.PolicyText> policies, AvailableCatalogs available) {
        return new InterlockYaml(PolicyYaml.read(FILE, text, InterlockFile.class), policies, available);
    }

    /** Returns the draft seal, without sequence and times. */
    Seal seal() {
        return seal;
    }

    /** Returns the lifetime of a seal made from this file. */
    Duration lifetime() {
        return file.expiresAfter().orElse(DEFAULT_LIFETIME);
    }

    /** Returns for how long a seal made from this file only observes. */
    Optional<Duration> observes() {
        return file.observe().map(InterlockFile.Observe::time);
    }

    /** Locates {@code issue} in the file: its own line, or the nearest enclosing one. */
    PolicyProblem locate(SealIssue issue) {
        return new PolicyProblem(FILE, yaml.line(issue.path()), issue.message());
    }

    private PolicyProblemException problem(String path, String message) {
        return new PolicyProblemException(locate(new SealIssue(path, message)));
    }

    private SandboxRules sandbox() {
        Optional<InterlockFile.ExecutedPaths> paths = file.executedPaths();
        Optional<InterlockFile.Decoys> decoys = file.decoys();
        return yaml.at(
                paths.isPresent() ? "executed-paths" : "decoys",
                () -> new SandboxRules(
                        paths.<Set<String>>map(InterlockFile.ExecutedPaths::also)
                                .orElse(Set.of()),
                        paths.<Set<String>>map(InterlockFile.ExecutedPaths::except)
                                .orElse(Set.of()),
                        decoys.flatMap(InterlockFile.Decoys::presented).orElse(SandboxRules.USUAL.presented()),
                        decoys.flatMap(InterlockFile.Decoys::inBodies).orElse(SandboxRules.USUAL.inBodies()),
                        file.files(),
                        file.services()
                                .<Set<String>>map(InterlockFile.Services::names)
                                .orElse(Set.of())));
    }

    private static WitnessRules witnesses(InterlockFile.Witnesses said) {
        Set<Impact> impacts = said.impacts().isEmpty() ? Set.of(Impact.DESTROY) : said.impacts();
        return new WitnessRules(
                said.keys(),
                said.quorum().orElse(said.keys().size()),
                impacts.stream().map(Impact::word).collect(Collectors.toSet()));
    }

    private static BackupPlans backupPlans(InterlockFile.Backups said) {
        Map<String, BackupPlans.Plan> plans = new TreeMap<>();
        said.plans()
                .forEach((name, plan) -> plans.put(
                        name,
                        new BackupPlans.Plan(
                                plan.of(),
                                plan.domain(),
                                plan.targets().map(InterlockYaml::targets).orElse(BackupPlans.RecoveryTargets.USUAL),
                                plan.deletableBy(),
                                plan.copyOf())));
        return new BackupPlans(said.attesters(), plans, said.expendable());
    }

    private static BackupPlans.RecoveryTargets targets(InterlockFile.Targets said) {
        return new BackupPlans.RecoveryTargets(
                said.point().orElse(BackupPlans.RecoveryTargets.USUAL.point()), said.time(), said.practice());
    }

    private ApprovalRules approvals() {
        Set<String> unprotected = file.environments().entrySet().stream()
                .filter(named -> !named.getValue().isProtected())
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
        List<ApprovalRules.EscalationStep> ladder = file.escalate().stream()
                .map(said -> new ApprovalRules.EscalationStep(said.after(), said.to(), said.in()))
                .sorted(Comparator.comparing(ApprovalRules.EscalationStep::after))
                .toList();
        return new ApprovalRules(
                ladder,
                file.signing()
                        .flatMap(InterlockFile.Signing::perHour)
                        .orElse(ApprovalRules.DEFAULT_SIGNATURES_PER_HOUR),
                file.signing().flatMap(InterlockFile.Signing::hasty).orElse(ApprovalRules.DEFAULT_HASTY),
                file.solo().map(said -> new SoleOwnerRules(said.delay(), said.notice())),
                yaml.at(
                        "without-approval",
                        () -> file.withoutApproval().stream()
                                .flatMap(line -> parse(line, text -> ExemptOperation.of(text, unprotected)).stream())
                                .collect(Collectors.toSet())),
                file.signing()
                        .flatMap(InterlockFile.Signing::grant)
                        .map(said -> new CallGrant.GrantLimit(said.atMost(), said.time())));
    }

    private static AlertRules.AlertRule alert(InterlockFile.AlertRule said) {
        return new AlertRules.AlertRule(said.to(), said.about(), said.from().orElse(Alert.Severity.INFO));
    }

    private static Map<String, String> digestsOf(
            Map<String, Seal.Upstream> upstreams, Map<String, String> builtIn, Map<String, Seal.OwnCatalog> own) {
        Map<String, String> used = new HashMap<>(builtIn);
        used.keySet().retainAll(names(upstreams));
        own.values().forEach(catalog -> used.put(catalog.name(), catalog.digest()));
        return used;
    }

    private static Set<String> names(Map<String, Seal.Upstream> upstreams) {
        return upstreams.values().stream().map(Seal.Upstream::catalog).collect(Collectors.toSet());
    }

    private Map<String, Seal.OwnCatalog> own(Map<String, Seal.Upstream> upstreams, Map<String, String> texts) {
        Set<String> replaced = new TreeSet<>(file.replacedCatalogs());
        Map<String, Seal.OwnCatalog> own = new TreeMap<>();
        texts.forEach((name, text) -> own.put(name, new Seal.OwnCatalog(name, text, replaced.contains(name))));
        own.keySet().retainAll(names(upstreams));
        replaced.removeAll(own.keySet());
        if (!replaced.isEmpty()) {
            throw problem(
                    "replaced-catalogs",
                    "`replaced-catalogs` names `"
                            + FormattedText.of(replaced.iterator().next())
                            + "`, but no upstream uses a file of that name in `catalogs`");
        }
        return own;
    }

    private static Seal.Agent agent(String name, InterlockFile.Agent said) {
        if (said.users().filter(Set::isEmpty).isPresent()) { // an empty list must not mean everybody
            throw new IllegalArgumentException("name at least one user who takes its leases, or leave `users` out");
        }
        return new Seal.Agent(
                name, said.owner(), said.teams(), said.reviewBy(), said.users().orElseGet(TreeSet::new));
    }

    private static Seal.TaskTemplate task(String name, InterlockFile.Task said) {
        return new Seal.TaskTemplate(
                name,
                some("environments", said.environments()),
                some("impacts", said.impacts()),
                said.agents(),
                said.ttl());
    }

    private Seal.Upstream upstream(String name, InterlockFile.Upstream said) {
        String path = "upstreams > " + name;
        return new Seal.Upstream(
                name,
                said.catalog(),
                said.address(),
                said.ca(),
                // Sorted by name, like the sealed form.
                List.copyOf(new TreeMap<>(yaml.each(path + " > credentials", said.credentials(), InterlockYaml::slot))
                        .values()),
                said.resolver(),
                placements(path + " > resources", said.resources()),
                said.backups().stream().map(InterlockYaml::declared).toList(),
                said.secrets().isPresent(),
                said.inside(),
                said.http2().isPresent(),
                said.bots()
                        .map(bots -> new SealedBots(bots.accounts(), bots.people(), bots.commands(), bots.noneIn())));
    }

    private static Seal.CredentialSlot slot(String name, InterlockFile.Slot said) {
        return new Seal.CredentialSlot(
                name,
                some("environments", said.environments()),
                some("impacts", said.impacts()),
                said.header().orElse("authorization").toLowerCase(Locale.ROOT),
                // Without a header of its own, a credential is a bearer token.
                said.scheme().orElse(said.header().isPresent() ? "" : "Bearer"));
    }

    private SealedPlacements placements(String path, Map<String, InterlockFile.Place> places) {
        Map<Resource, Placement> resources = new HashMap<>();
        Set<ResourcePattern> patterns = new TreeSet<>();
        yaml.each(path, places, (key, said) -> {
            Set<String> environments = some("environments", said.environments());
            if (ResourcePattern.isPattern(key)) {
                return patterns.add(parse(key, text -> ResourcePattern.parse(text, environments, said.groups())));
            }
            Resource resource = parse(key, Resource::parse);
            Placement placement = new Placement(resource, environments, said.groups(), Provenance.SEALED, true);
            return resources.put(resource, placement) == null;
        });
        return new SealedPlacements(resources, patterns);
    }

    private static Backup declared(InterlockFile.DeclaredBackup said) {
        return new Backup(said.id(), said.of(), said.takenAt(), said.domain(), Provenance.SEALED, Optional.empty());
    }

    private Map<Operation, Set<Impact>> classify() {
        Map<Operation, Set<Impact>> lines = new HashMap<>();
        yaml.each("classify", file.classify(), (key, _) -> parse(key, Operation::parse))
                .forEach((key, operation) -> lines.put(
                        operation, Objects.requireNonNull(file.classify().get(key))));
        return lines;
    }

    private static SealLimits.Budget budget(String name, InterlockFile.Budget said) {
        return new SealLimits.Budget(name, said.per(), said.selector(), said.atMost(), said.within(), said.hold());
    }

    private SealLimits.Sequence sequence(String name, InterlockFile.Sequence said) {
        return new SealLimits.Sequence(
                name,
                yaml.at("sequences > " + name + " > after", said.after()::selector),
                said.selector(),
                said.same(),
                said.within(),
                said.hold());
    }

    private static <T> T parse(String key, Function<String, T> reader) {
        try {
            return reader.apply(key);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("`" + FormattedText.of(key) + "` is not valid: " + e.getMessage(), e);
        }
    }

    private static <C extends Collection<?>> C some(String key, C values) {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("`" + key + "` is empty; name at least one");
        }
        return values;
    }
}
