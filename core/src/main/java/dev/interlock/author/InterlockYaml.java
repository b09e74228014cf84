package dev.interlock.author;

import dev.interlock.action.Alert;
import dev.interlock.action.AlertRules;
import dev.interlock.action.ApprovalRules;
import dev.interlock.action.Backup;
import dev.interlock.action.BackupPlans;
import dev.interlock.action.Impact;
import dev.interlock.action.Obligations;
import dev.interlock.action.Operation;
import dev.interlock.action.Placement;
import dev.interlock.action.Provenance;
import dev.interlock.action.Resource;
import dev.interlock.action.ResourcePattern;
import dev.interlock.action.SandboxRules;
import dev.interlock.action.Seal;
import dev.interlock.action.SealedPlacements;
import dev.interlock.action.SignInProvider;
import dev.interlock.action.SoleOwnerRules;
import dev.interlock.evidence.BreakGlass;
import dev.interlock.policy.FormattedText;
import dev.interlock.policy.PolicyProblem;
import dev.interlock.policy.SealIssue;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Reads {@code interlock.yaml} strictly. {@link Seals} checks the contents afterwards. */
final class InterlockYaml {

    static final String FILE = "interlock.yaml";

    /** Default for how often break-glass may be used before somebody has reviewed it. */
    private static final int DEFAULT_AT_MOST = 3;

    /** Placeholder for the identifier of the future seal. */
    static final String DRAFT = "draft";

    private static final String VEILED = "referenced";

    private static final String PRIOR_KNOWLEDGE = "prior-knowledge";

    /** Long enough for a quarter's plans, short enough that a forgotten gateway does not run for ever. */
    private static final Duration DEFAULT_LIFETIME = Duration.ofDays(90);

    private final Map<String, Integer> lines = new HashMap<>();
    private final Seal seal;
    private final Duration lifetime;
    private final Optional<Duration> observes;

    private InterlockYaml(String text, List<Seal.PolicyText> policies, AvailableCatalogs shelf) {
        YamlSection root = YamlSection.root(FILE, Yaml.read(FILE, text), lines);
        lifetime = root.find("expires-after").isPresent() ? root.duration("expires-after") : DEFAULT_LIFETIME;
        observes = root.optionalSheet("observe").map(InterlockYaml::observing);
        Confirm confirm =
                root.optionalSheet("confirm").map(InterlockYaml::confirm).orElse(Confirm.USUAL);
        Map<String, Seal.Upstream> upstreams = each(root, "upstreams", InterlockYaml::upstream);
        Map<String, Seal.OwnCatalog> own = own(root, upstreams, shelf.own());
        seal = Seal.empty(DRAFT, root.text("organisation"), 0, Instant.EPOCH, Instant.MAX)
                .with(parts -> {
                    parts.environments = each(root, "environments", InterlockYaml::environment);
                    parts.people = each(root, "people", InterlockYaml::person);
                    parts.softwareKeys = confirm.softwareKeys();
                    parts.passkeys = confirm.passkeys();
                    parts.agents = each(root, "agents", InterlockYaml::agent);
                    parts.upstreams = upstreams;
                    parts.tasks = each(root, "tasks", InterlockYaml::task);
                    parts.policies = policies;
                    parts.catalogs = digestsOf(upstreams, shelf.digests(), own);
                    parts.classify = classify(root);
                    parts.ownCatalogs = own;
                    parts.limits = LimitsYaml.read(root);
                    parts.confining = confining(root);
                    parts.asking = asking(root);
                    parts.alerts = alerts(root);
                    parts.backups = backupPlans(root);
                    parts.signIn = root.optionalSheet("sign-in").map(InterlockYaml::signIn);
                });
        root.end();
    }

    /**
     * The catalogs that upstreams may name. Those that they do name become part of the seal.
     *
     * @param digests the digests of the built-in catalogs
     * @param own the texts of the organisation's own catalogs, by name
     */
    record AvailableCatalogs(Map<String, String> digests, Map<String, String> own) {}

    /**
     * Reads the file.
     *
     * @throws PolicyProblemException if it differs from the format in any way
     */
    static InterlockYaml read(String text, List<Seal.PolicyText> policies, AvailableCatalogs shelf) {
        return new InterlockYaml(text, policies, shelf);
    }

    /** Returns the draft seal, without sequence and times. */
    Seal seal() {
        return seal;
    }

    /** Returns the lifetime of a seal made from this file. */
    Duration lifetime() {
        return lifetime;
    }

    /** Returns for how long a seal made from this file only observes. */
    Optional<Duration> observes() {
        return observes;
    }

    private static SandboxRules confining(YamlSection root) {
        Optional<YamlSection> paths = root.optionalSheet("executed-paths");
        Optional<YamlSection> decoys = root.optionalSheet("decoys");
        Set<String> also = texts(paths, "also");
        Set<String> except = texts(paths, "except");
        SandboxRules.DecoyReaction presented = use(decoys, "presented").orElse(SandboxRules.USUAL.presented());
        SandboxRules.DecoyReaction inBodies = use(decoys, "in-bodies").orElse(SandboxRules.USUAL.inBodies());
        paths.ifPresent(YamlSection::end);
        decoys.ifPresent(YamlSection::end);
        try {
            return new SandboxRules(also, except, presented, inBodies);
        } catch (IllegalArgumentException e) {
            throw paths.or(() -> decoys).orElse(root).problem(String.valueOf(e.getMessage()));
        }
    }

    private static BackupPlans backupPlans(YamlSection root) {
        Optional<YamlSection> backups = root.optionalSheet("backups");
        if (backups.isEmpty()) {
            return BackupPlans.NONE;
        }
        Map<String, BackupPlans.Plan> plans = new LinkedHashMap<>();
        backups.get().named("plans").forEach((name, plan) -> {
            plans.put(
                    name,
                    new BackupPlans.Plan(
                            plan.value("of", Resource::parse),
                            plan.text("domain"),
                            targets(plan),
                            plan.find("deletable-by").<Set<String>>map(_ -> new TreeSet<>(plan.texts("deletable-by"))),
                            plan.optionalText("copy-of")));
            plan.end();
        });
        BackupPlans read = new BackupPlans(
                backups.get().optionalTexts("attesters"),
                plans,
                new TreeSet<>(backups.get().values("expendable", Resource::parse)));
        backups.get().end();
        return read;
    }

    private static BackupPlans.RecoveryTargets targets(YamlSection plan) {
        Optional<YamlSection> targets = plan.optionalSheet("targets");
        if (targets.isEmpty()) {
            return BackupPlans.RecoveryTargets.USUAL;
        }
        YamlSection said = targets.get();
        BackupPlans.RecoveryTargets read = new BackupPlans.RecoveryTargets(
                said.find("point").map(_ -> said.duration("point")).orElse(BackupPlans.RecoveryTargets.USUAL.point()),
                said.find("time").map(_ -> said.duration("time")),
                said.find("practice").map(_ -> said.duration("practice")));
        said.end();
        return read;
    }

    private static ApprovalRules asking(YamlSection root) {
        List<ApprovalRules.EscalationStep> ladder = new ArrayList<>();
        for (YamlSection rung : root.sheets("escalate")) {
            ladder.add(new ApprovalRules.EscalationStep(
                    rung.duration("after"), rung.text("to"), new TreeSet<>(rung.optionalTexts("in"))));
            rung.end();
        }
        ladder.sort(Comparator.comparing(ApprovalRules.EscalationStep::after));
        Optional<YamlSection> signing = root.optionalSheet("signing");
        ApprovalRules asking = new ApprovalRules(
                ladder,
                signing.filter(sheet -> sheet.find("per-hour").isPresent())
                        .map(sheet -> Math.toIntExact(sheet.count("per-hour")))
                        .orElse(ApprovalRules.DEFAULT_SIGNATURES_PER_HOUR),
                signing.filter(sheet -> sheet.find("hasty").isPresent())
                        .map(sheet -> sheet.duration("hasty"))
                        .orElse(ApprovalRules.DEFAULT_HASTY));
        signing.ifPresent(YamlSection::end);
        return asking.with(root.optionalSheet("break-glass").map(InterlockYaml::glass))
                .withSoleOwner(root.optionalSheet("solo").map(InterlockYaml::solo));
    }

    private static BreakGlass glass(YamlSection sheet) {
        String by = sheet.text("by");
        Set<String> waives = new TreeSet<>(sheet.optionalTexts("waives"));
        long atMost = sheet.find("at-most").isPresent() ? sheet.count("at-most") : DEFAULT_AT_MOST;
        sheet.end();
        return checked(sheet, () -> new BreakGlass(by, waives, (int) Math.min(atMost, Integer.MAX_VALUE)));
    }

    private static SoleOwnerRules solo(YamlSection sheet) {
        SoleOwnerRules solo = new SoleOwnerRules(sheet.duration("delay"), sheet.text("notice"));
        sheet.end();
        return solo;
    }

    private static SignInProvider signIn(YamlSection sheet) {
        String issuer = sheet.text("issuer");
        String client = sheet.text("client");
        sheet.end();
        return checked(sheet, () -> new SignInProvider(issuer, client));
    }

    private static AlertRules alerts(YamlSection root) {
        List<AlertRules.AlertRule> lines = new ArrayList<>();
        for (YamlSection sheet : root.sheets("alerts")) {
            Set<String> to = new TreeSet<>(sheet.texts("to"));
            Set<Alert.AlertKind> about = new TreeSet<>(sheet.values("about", Alert.AlertKind::of));
            Alert.Severity from =
                    sheet.find("from").isPresent() ? sheet.value("from", Alert.Severity::of) : Alert.Severity.INFO;
            sheet.end();
            lines.add(checked(sheet, () -> new AlertRules.AlertRule(to, about, from)));
        }
        return checked(root, () -> new AlertRules(lines));
    }

    private static <T> T checked(YamlSection sheet, Supplier<T> made) {
        try {
            return made.get();
        } catch (IllegalArgumentException e) {
            throw sheet.problem(String.valueOf(e.getMessage()));
        }
    }

    private static Set<String> texts(Optional<YamlSection> sheet, String name) {
        return sheet.map(found -> new TreeSet<>(found.optionalTexts(name))).orElseGet(TreeSet::new);
    }

    private static Optional<SandboxRules.DecoyReaction> use(Optional<YamlSection> sheet, String name) {
        return sheet.filter(found -> found.find(name).isPresent())
                .map(found -> found.value(name, SandboxRules.DecoyReaction::of));
    }

    private static Duration observing(YamlSection sheet) {
        Duration time = sheet.duration("for");
        sheet.end();
        if (time.compareTo(Seal.MAX_OBSERVING) > 0) {
            throw sheet.problem("a seal may observe for at most " + Seal.MAX_OBSERVING.toDays()
                    + " days; to observe for longer, seal again");
        }
        return time;
    }

    /** Locates {@code issue} in the file: its own line, or the nearest enclosing one. */
    PolicyProblem locate(SealIssue issue) {
        String path = issue.path();
        while (!path.isEmpty() && !lines.containsKey(path)) {
            path = path.substring(0, Math.max(path.lastIndexOf(" > "), 0));
        }
        return new PolicyProblem(FILE, lines.getOrDefault(path, 1), issue.message());
    }

    private static <T> Map<String, T> each(YamlSection sheet, String name, Entry<T> reader) {
        Map<String, T> all = new LinkedHashMap<>();
        sheet.named(name).forEach((key, inner) -> {
            all.put(key, reader.read(key, inner));
            inner.end();
        });
        return all;
    }

    private interface Entry<T> {
        T read(String name, YamlSection sheet);
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

    private static Map<String, Seal.OwnCatalog> own(
            YamlSection root, Map<String, Seal.Upstream> upstreams, Map<String, String> texts) {
        Set<String> replaced = new TreeSet<>(root.optionalTexts("replaced-catalogs"));
        Map<String, Seal.OwnCatalog> own = new TreeMap<>();
        texts.forEach((name, text) -> own.put(name, new Seal.OwnCatalog(name, text, replaced.contains(name))));
        own.keySet().retainAll(names(upstreams));
        replaced.removeAll(own.keySet());
        if (!replaced.isEmpty()) {
            throw root.problem("`replaced-catalogs` names `"
                    + FormattedText.of(replaced.iterator().next())
                    + "`, but no upstream uses a file of that name in `catalogs`");
        }
        return own;
    }

    private static Seal.Environment environment(String name, YamlSection sheet) {
        return new Seal.Environment(name, sheet.flag("protected", false));
    }

    private static Seal.Person person(String name, YamlSection sheet) {
        return new Seal.Person(
                name,
                new TreeSet<>(sheet.optionalTexts("groups")),
                sheet.optionalTexts("keys"),
                sheet.optionalText("subject"));
    }

    /** The settings for people's keys. */
    private record Confirm(boolean softwareKeys, Seal.PasskeyRules passkeys) {
        static final Confirm USUAL = new Confirm(false, Seal.PasskeyRules.ENDORSED);
    }

    private static Confirm confirm(YamlSection sheet) {
        boolean softwareKeys = sheet.flag("software-keys", false);
        boolean byCode = sheet.optionalText("first-passkey").isPresent()
                && sheet.value("first-passkey", InterlockYaml::isByCode);
        Optional<Obligations.Quorum> recovery = sheet.optionalText("recovery").isPresent()
                ? Optional.of(sheet.value("recovery", InterlockYaml::quorum))
                : Optional.empty();
        sheet.end();
        return new Confirm(softwareKeys, new Seal.PasskeyRules(byCode, recovery));
    }

    private static boolean isByCode(String word) {
        return switch (word) {
            case "code" -> true;
            case "endorsed" -> false;
            default -> throw new IllegalArgumentException("it must be `code` or `endorsed`");
        };
    }

    private static Obligations.Quorum quorum(String text) {
        try {
            return Obligations.Quorum.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("a quorum is written `2 of owners`", e);
        }
    }

    private static Seal.Agent agent(String name, YamlSection sheet) {
        Set<String> users = new TreeSet<>(sheet.optionalTexts("users"));
        if (users.isEmpty() && sheet.find("users").isPresent()) { // an empty list must not mean everybody
            throw sheet.problem("name at least one user who takes its leases, or leave `users` out");
        }
        return new Seal.Agent(
                name,
                sheet.text("owner"),
                new TreeSet<>(sheet.optionalTexts("teams")),
                sheet.find("review-by").map(_ -> sheet.value("review-by", LocalDate::parse)),
                users);
    }

    private static Seal.TaskTemplate task(String name, YamlSection sheet) {
        return new Seal.TaskTemplate(
                name,
                environments(sheet),
                impacts(sheet),
                new TreeSet<>(sheet.optionalTexts("agents")),
                sheet.duration("ttl"));
    }

    private static Seal.Upstream upstream(String name, YamlSection sheet) {
        String catalog = sheet.text("catalog");
        return new Seal.Upstream(
                name,
                catalog,
                sheet.value("address", URI::create),
                sheet.optionalText("ca"),
                // Sorted by name, like the sealed form.
                List.copyOf(new TreeMap<>(each(sheet, "credentials", InterlockYaml::slot)).values()),
                sheet.optionalText("resolver"),
                new SealedPlacements(resources(sheet), patterns(sheet)),
                backups(sheet),
                sheet.optionalText("secrets").isPresent() && sheet.value("secrets", InterlockYaml::veiled),
                sheet.flag("private", false),
                sheet.optionalText("http2").isPresent() && sheet.value("http2", InterlockYaml::priorKnowledge));
    }

    private static boolean priorKnowledge(String word) {
        if (!word.equals(PRIOR_KNOWLEDGE)) {
            throw new IllegalArgumentException("`http2` must be `" + PRIOR_KNOWLEDGE + "` or absent");
        }
        return true;
    }

    private static boolean veiled(String word) {
        if (!word.equals(VEILED)) {
            throw new IllegalArgumentException("`secrets` must be `" + VEILED + "` or absent");
        }
        return true;
    }

    private static Seal.CredentialSlot slot(String name, YamlSection sheet) {
        return new Seal.CredentialSlot(
                name,
                environments(sheet),
                impacts(sheet),
                sheet.optionalText("header").orElse("authorization").toLowerCase(Locale.ROOT),
                // Without a header of its own, a credential is a bearer token.
                sheet.optionalText("scheme").orElse(sheet.find("header").isPresent() ? "" : "Bearer"));
    }

    private static Map<Resource, Placement> resources(YamlSection sheet) {
        Map<Resource, Placement> placements = new LinkedHashMap<>();
        placed(sheet, false).forEach((key, inner) -> {
            Resource resource = parse(inner, key, Resource::parse);
            Set<Resource> groups = new TreeSet<>(inner.values("groups", Resource::parse));
            placements.put(resource, new Placement(resource, environments(inner), groups, Provenance.SEALED, true));
            inner.end();
        });
        return placements;
    }

    private static Set<ResourcePattern> patterns(YamlSection sheet) {
        Set<ResourcePattern> patterns = new TreeSet<>();
        placed(sheet, true).forEach((key, inner) -> {
            Set<Resource> groups = new TreeSet<>(inner.values("groups", Resource::parse));
            patterns.add(parse(inner, key, text -> ResourcePattern.parse(text, environments(inner), groups)));
            inner.end();
        });
        return patterns;
    }

    private static Map<String, YamlSection> placed(YamlSection sheet, boolean patterns) {
        Map<String, YamlSection> placed = new LinkedHashMap<>(sheet.named("resources"));
        placed.keySet().removeIf(key -> ResourcePattern.isPattern(key) != patterns);
        return placed;
    }

    private static List<Backup> backups(YamlSection sheet) {
        List<Backup> backups = new ArrayList<>();
        for (YamlSection inner : sheet.sheets("backups")) {
            backups.add(new Backup(
                    inner.text("id"),
                    inner.value("of", Resource::parse),
                    inner.value("taken-at", Instant::parse),
                    inner.text("domain"),
                    Provenance.SEALED,
                    Optional.empty()));
            inner.end();
        }
        return backups;
    }

    private static Map<Operation, Set<Impact>> classify(YamlSection root) {
        Map<Operation, Set<Impact>> lines = new LinkedHashMap<>();
        root.optionalSheet("classify")
                .ifPresent(sheet -> root.namedTexts("classify")
                        .keySet()
                        .forEach(key -> lines.put(
                                parse(sheet, key, Operation::parse), new TreeSet<>(sheet.values(key, Impact::of)))));
        return lines;
    }

    private static <T> T parse(YamlSection sheet, String key, Function<String, T> reader) {
        try {
            return reader.apply(key);
        } catch (IllegalArgumentException e) {
            throw sheet.problem("`" + FormattedText.of(key) + "` is not valid: " + e.getMessage());
        }
    }

    private static Set<String> environments(YamlSection sheet) {
        Set<String> names = new TreeSet<>(sheet.texts("environments"));
        if (names.isEmpty()) {
            throw sheet.problem("`environments` is empty; name at least one");
        }
        return names;
    }

    private static Set<Impact> impacts(YamlSection sheet) {
        sheet.texts("impacts");
        Set<Impact> impacts = new TreeSet<>(sheet.values("impacts", Impact::of));
        if (impacts.isEmpty()) {
            throw sheet.problem("`impacts` is empty; name at least one");
        }
        return impacts;
    }
}
