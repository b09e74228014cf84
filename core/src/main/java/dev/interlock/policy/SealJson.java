package dev.interlock.policy;

import dev.interlock.action.Alert;
import dev.interlock.action.AlertRules;
import dev.interlock.action.ApprovalRules;
import dev.interlock.action.Backup;
import dev.interlock.action.BackupPlans;
import dev.interlock.action.Bytes;
import dev.interlock.action.CodeFreeze;
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
import dev.interlock.action.UndoRules;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import dev.interlock.evidence.StrictFields;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The canonical JSON of a seal's payload, with one spelling for one meaning. {@link #read} accepts exactly what
 * {@link #write} makes.
 */
final class SealJson {

    private static final String TYPE = "interlock-seal@v1";

    /** The setting under which catalogued secrets in answers become references. */
    static final String REFERENCED = "referenced";

    private static final String PRIOR_KNOWLEDGE = "prior-knowledge";

    /** The setting under which a one-time code is enough for a person's first passkey. */
    private static final String BY_CODE = "code";

    private SealJson() {}

    static byte[] write(Seal seal) {
        Json.Members payload = Json.object()
                .with("type", TYPE)
                .with("organisation", seal.organisation())
                .with("sequence", seal.sequence())
                .with("sealed_at", seal.sealedAt().toString())
                .with("expires", seal.expires().toString())
                .with("environments", each(seal.environments(), SealJson::environment))
                .with("people", each(seal.people(), SealJson::person))
                .with("confirm", confirm(seal))
                .with("agents", each(seal.agents(), SealJson::agent))
                .with("upstreams", each(seal.upstreams(), SealJson::upstream))
                .with("tasks", each(seal.tasks(), SealJson::task))
                .with("policies", array(seal.policies(), SealJson::policy))
                .with("catalogs", each(seal.catalogs(), Json.Text::new));
        payload = backups(payload, seal.backups());
        payload = alerts(approvals(sandbox(payload, seal.sandbox()), seal.approvals()), seal.alerts());
        if (seal.signIn().isPresent()) {
            SignInProvider provider = seal.signIn().get();
            payload = payload.with(
                    "sign_in", Json.object().with("issuer", provider.issuer()).with("client", provider.client()));
        }
        if (!seal.codeFreezes().isEmpty()) {
            payload = payload.with("code_freezes", array(seal.codeFreezes(), SealJson::codeFreeze));
        }
        if (seal.undo().isPresent()) {
            UndoRules undo = seal.undo().get();
            payload = payload.with(
                    "undo",
                    Json.object()
                            .with("seconds", undo.time().toSeconds())
                            .with("agent_seconds", undo.agentTime().toSeconds())
                            .with("max_bytes", undo.maxBytes()));
        }
        return LimitsJson.write(own(classify(payload, seal.classify()), seal.ownCatalogs()), seal.limits())
                .withOptional("observe_until", seal.observeUntil().map(Instant::toString))
                .canonical();
    }

    private static Json.Members confirm(Seal seal) {
        Json.Members confirm = Json.object().with("software_keys", seal.softwareKeys());
        return (seal.passkeys().firstByCode() ? confirm.with("first_passkey", BY_CODE) : confirm)
                .withOptional("recovery", seal.passkeys().recovery().map(Obligations.Quorum::toString));
    }

    private static Seal.PasskeyRules readPasskeys(StrictFields confirm) {
        Optional<String> first = confirm.optionalText("first_passkey");
        if (first.filter(word -> !word.equals(BY_CODE)).isPresent()) {
            throw new MalformedException("`first_passkey` is not `" + BY_CODE + "`");
        }
        return new Seal.PasskeyRules(
                first.isPresent(), confirm.optionalText("recovery").map(Obligations.Quorum::parse));
    }

    private record Confirm(boolean softwareKeys, Seal.PasskeyRules passkeys) {}

    private static Json.Members sandbox(Json.Members payload, SandboxRules sandbox) {
        return sandbox.equals(SandboxRules.USUAL)
                ? payload
                : payload.with(
                        "confining",
                        Json.object()
                                .withTexts("executed", sandbox.executed())
                                .withTexts("not_executed", sandbox.notExecuted())
                                .with("decoys_presented", sandbox.presented().word())
                                .with("decoys_in_bodies", sandbox.inBodies().word()));
    }

    private static Json.Members backups(Json.Members payload, BackupPlans backups) {
        if (backups.equals(BackupPlans.NONE)) {
            return payload;
        }
        Json.Members fields = Json.object()
                .withTexts("attesters", backups.attesters())
                .with("plans", each(backups.plans(), SealJson::plan));
        return payload.with(
                "backups",
                backups.expendable().isEmpty()
                        ? fields
                        : fields.withTexts(
                                "expendable", backups.expendable().stream().map(Resource::toString)));
    }

    private static Json plan(BackupPlans.Plan plan) {
        Json.Members fields = Json.object().with("of", plan.of().toString()).with("domain", plan.domain());
        if (!plan.targets().equals(BackupPlans.RecoveryTargets.USUAL)) {
            fields = fields.with("targets", targets(plan.targets()));
        }
        fields = fields.withOptional("copy_of", plan.copyOf());
        return plan.deletableBy().isPresent()
                ? fields.withTexts("deletable_by", plan.deletableBy().get())
                : fields;
    }

    private static Json.Members targets(BackupPlans.RecoveryTargets targets) {
        Json.Members fields =
                Json.object().with("point_seconds", targets.point().toSeconds());
        if (targets.time().isPresent()) {
            fields = fields.with("time_seconds", targets.time().get().toSeconds());
        }
        return targets.rehearsalAge().isPresent()
                ? fields.with("practice_seconds", targets.rehearsalAge().get().toSeconds())
                : fields;
    }

    private static BackupPlans.Plan readPlan(StrictFields fields) {
        return new BackupPlans.Plan(
                Resource.parse(fields.text("of")),
                fields.text("domain"),
                fields.innerIfAny("targets", SealJson::readTargets).orElse(BackupPlans.RecoveryTargets.USUAL),
                fields.optionalTextSet("deletable_by"),
                fields.optionalText("copy_of"));
    }

    private static BackupPlans.RecoveryTargets readTargets(StrictFields fields) {
        return new BackupPlans.RecoveryTargets(
                fields.seconds("point_seconds"),
                fields.optionalSeconds("time_seconds"),
                fields.optionalSeconds("practice_seconds"));
    }

    private static BackupPlans readBackups(StrictFields fields) {
        return new BackupPlans(
                fields.texts("attesters"),
                fields.objects("plans", (_, plan) -> readPlan(plan)),
                fields.optionalTextSet("expendable").orElse(Set.of()).stream()
                        .map(Resource::parse)
                        .collect(Collectors.toSet()));
    }

    private static Json.Members approvals(Json.Members payload, ApprovalRules approvals) {
        Json.Members stated = approvals
                .solo()
                .map(solo -> payload.with(
                        "solo",
                        Json.object()
                                .with("delay_seconds", solo.delay().toSeconds())
                                .with("notice", solo.notice())))
                .orElse(payload);
        Json.Members all = approvals.withoutApproval().isEmpty()
                ? stated
                : stated.withTexts(
                        "without_approval",
                        approvals.withoutApproval().stream()
                                .map(Operation::toString)
                                .sorted());
        return approvals
                        .withSoleOwner(Optional.empty())
                        .withoutApprovalOf(Set.of())
                        .equals(ApprovalRules.USUAL)
                ? all
                : all.with(
                        "asking",
                        Json.object()
                                .with("escalate", array(approvals.ladder(), SealJson::rung))
                                .with("signatures_per_hour", approvals.signaturesPerHour())
                                .with(
                                        "hasty_seconds",
                                        approvals.minimumReadTime().toSeconds()));
    }

    private static Json rung(ApprovalRules.EscalationStep rung) {
        return Json.object()
                .with("after_seconds", rung.after().toSeconds())
                .with("to", rung.to())
                .withTexts("in", rung.in());
    }

    private static ApprovalRules readApprovals(StrictFields fields) {
        return new ApprovalRules(
                fields.list(
                        "escalate",
                        rung -> new ApprovalRules.EscalationStep(
                                rung.seconds("after_seconds"), rung.text("to"), rung.textSet("in"))),
                Math.toIntExact(fields.whole("signatures_per_hour")),
                fields.seconds("hasty_seconds"));
    }

    private static SandboxRules readSandbox(StrictFields fields) {
        return new SandboxRules(
                fields.textSet("executed"),
                fields.textSet("not_executed"),
                SandboxRules.DecoyReaction.of(fields.text("decoys_presented")),
                SandboxRules.DecoyReaction.of(fields.text("decoys_in_bodies")));
    }

    private static Json.Members alerts(Json.Members payload, AlertRules rules) {
        return rules.lines().isEmpty() ? payload : payload.with("alerts", array(rules.lines(), SealJson::alertLine));
    }

    private static Json codeFreeze(CodeFreeze freeze) {
        return Json.object()
                .withTexts("environments", freeze.environments())
                .with("from", freeze.from().toString())
                .with("until", freeze.until().toString())
                .with("reason", freeze.reason());
    }

    private static Json alertLine(AlertRules.AlertRule line) {
        return Json.object()
                .withTexts("to", line.to())
                .withTexts(
                        "about",
                        new TreeSet<>(
                                line.about().stream().map(Alert.AlertKind::word).toList()))
                .with("from", line.from().word());
    }

    private static AlertRules.AlertRule readAlertLine(StrictFields fields) {
        return new AlertRules.AlertRule(
                fields.textSet("to"),
                fields.values("about", Alert.AlertKind::of),
                Alert.Severity.of(fields.text("from")));
    }

    private static Json.Members classify(Json.Members payload, Map<Operation, Set<Impact>> lines) {
        if (lines.isEmpty()) {
            return payload;
        }
        Map<String, Json> members = new LinkedHashMap<>();
        lines.forEach((operation, impacts) -> members.put(operation.toString(), impacts(impacts)));
        return payload.with("classify", new Json.Members(members));
    }

    private static Json.Members own(Json.Members payload, Map<String, Seal.OwnCatalog> catalogs) {
        return catalogs.isEmpty() ? payload : payload.with("own_catalogs", each(catalogs, SealJson::own));
    }

    private static Json own(Seal.OwnCatalog catalog) {
        return Json.object().with("text", catalog.text()).with("replaces_built_in", catalog.replacesBuiltIn());
    }

    private static Json person(Seal.Person person) {
        return Json.object()
                .withTexts("groups", person.groups())
                .withTexts("keys", person.keys())
                .withOptional("subject", person.subject());
    }

    private static Json agent(Seal.Agent agent) {
        Json.Members fields = Json.object()
                .with("owner", agent.owner())
                .withTexts("teams", agent.teams())
                .withOptional("review_by", agent.reviewBy().map(LocalDate::toString));
        return agent.users().isEmpty() ? fields : fields.withTexts("users", agent.users());
    }

    private static Json task(Seal.TaskTemplate task) {
        return Json.object()
                .withTexts("environments", task.environments())
                .with("impacts", impacts(task.impacts()))
                .withTexts("agents", task.agents())
                .with("ttl_seconds", task.ttl().toSeconds());
    }

    private static Json policy(Seal.PolicyText policy) {
        return Json.object().with("file", policy.file()).with("text", policy.text());
    }

    private static Json upstream(Seal.Upstream upstream) {
        Map<String, Seal.CredentialSlot> slots = new LinkedHashMap<>();
        upstream.credentials().forEach(slot -> slots.put(slot.name(), slot));
        Map<String, Placement> resources = new LinkedHashMap<>();
        upstream.resources().forEach((resource, placement) -> resources.put(resource.toString(), placement));
        Json.Members fields = Json.object()
                .with("catalog", upstream.catalog())
                .with("address", upstream.address().toString())
                .with("credentials", each(slots, SealJson::slot))
                .with("resources", each(resources, SealJson::placement))
                .with("backups", array(upstream.backups(), SealJson::backup));
        Map<String, ResourcePattern> patterns = new LinkedHashMap<>();
        upstream.patterns().forEach(pattern -> patterns.put(pattern.toString(), pattern));
        if (!patterns.isEmpty()) {
            fields = fields.with("resource_patterns", each(patterns, SealJson::pattern));
        }
        if (upstream.referencesSecrets()) {
            fields = fields.with("secrets", REFERENCED);
        }
        if (upstream.inside()) {
            fields = fields.with("private", true);
        }
        if (upstream.priorKnowledge()) {
            fields = fields.with("http2", PRIOR_KNOWLEDGE);
        }
        return fields.withOptional("ca", upstream.ca()).withOptional("resolver", upstream.resolver());
    }

    private static Json slot(Seal.CredentialSlot slot) {
        return Json.object()
                .withTexts("environments", slot.environments())
                .with("impacts", impacts(slot.impacts()))
                .with("header", slot.header())
                .with("scheme", slot.scheme());
    }

    private static Json placement(Placement placement) {
        return place(placement.environments(), placement.groups());
    }

    private static Json pattern(ResourcePattern pattern) {
        return place(pattern.environments(), pattern.groups());
    }

    private static Json place(Set<String> environments, Set<Resource> groups) {
        return Json.object()
                .withTexts("environments", environments)
                .withTexts("groups", groups.stream().map(Resource::toString));
    }

    private static Json backup(Backup backup) {
        return Json.object()
                .with("id", backup.id())
                .with("of", backup.of().toString())
                .with("taken_at", backup.takenAt().toString())
                .with("domain", backup.domain());
    }

    private static Json impacts(Set<Impact> impacts) {
        return new Json.Array(new TreeSet<>(impacts)
                .stream().<Json>map(impact -> new Json.Text(impact.word())).toList());
    }

    static <T> Json.Members each(Map<String, T> values, Function<T, Json> writer) {
        Map<String, Json> members = new LinkedHashMap<>();
        values.forEach((name, value) -> members.put(name, writer.apply(value)));
        return new Json.Members(members);
    }

    private static <T> Json.Array array(Collection<T> values, Function<T, Json> writer) {
        return new Json.Array(values.stream().map(writer).toList());
    }

    /**
     * Reads a payload whose signatures were verified.
     *
     * @throws MalformedException unless {@link #write} would make exactly these bytes from the result
     */
    static Seal read(byte[] payload) {
        try {
            String id = Bytes.of(payload).sha256();
            Seal seal = StrictFields.read(Json.readObject(payload), fields -> seal(id, fields));
            if (!Bytes.of(write(seal)).equals(Bytes.of(payload))) {
                throw new MalformedException("the seal is not in its canonical form");
            }
            return seal;
        } catch (IllegalArgumentException | DateTimeException | ArithmeticException e) {
            throw new MalformedException("the seal cannot be read: " + e.getMessage(), e);
        }
    }

    private static Json.Members environment(Seal.Environment environment) {
        Json.Members members = Json.object().with("protected", environment.isProtected());
        return environment.isReadable() ? members.with("readable", true) : members;
    }

    private static Seal.Environment readEnvironment(String name, StrictFields fields) {
        return new Seal.Environment(name, fields.flag("protected"), fields.flagIfAny("readable"));
    }

    private static Seal seal(String id, StrictFields fields) {
        if (!fields.text("type").equals(TYPE)) {
            throw new MalformedException("`type` is not `" + TYPE + "`");
        }
        Confirm confirm = fields.inner("confirm", read -> new Confirm(read.flag("software_keys"), readPasskeys(read)));
        return Seal.empty(
                        id,
                        fields.text("organisation"),
                        fields.whole("sequence"),
                        fields.instant("sealed_at"),
                        fields.instant("expires"))
                .with(parts -> {
                    parts.environments = fields.objects("environments", SealJson::readEnvironment);
                    parts.people = fields.objects("people", SealJson::readPerson);
                    parts.softwareKeys = confirm.softwareKeys();
                    parts.passkeys = confirm.passkeys();
                    parts.agents = fields.objects("agents", SealJson::readAgent);
                    parts.upstreams = fields.objects("upstreams", SealJson::readUpstream);
                    parts.tasks = fields.objects("tasks", SealJson::readTask);
                    parts.policies = fields.list("policies", p -> new Seal.PolicyText(p.text("file"), p.text("text")));
                    parts.catalogs = fields.textsByName("catalogs");
                    parts.classify = readClassify(fields);
                    parts.ownCatalogs = fields.objectsIfAny("own_catalogs", SealJson::readOwn);
                    parts.limits = LimitsJson.read(fields);
                    parts.observeUntil = fields.optionalInstant("observe_until");
                    parts.sandbox = fields.innerIfAny("confining", SealJson::readSandbox)
                            .orElse(SandboxRules.USUAL);
                    parts.approvals = fields.innerIfAny("asking", SealJson::readApprovals)
                            .orElse(ApprovalRules.USUAL)
                            .withSoleOwner(fields.innerIfAny(
                                    "solo",
                                    solo -> new SoleOwnerRules(solo.seconds("delay_seconds"), solo.text("notice"))))
                            .withoutApprovalOf(fields.optionalTextSet("without_approval").stream()
                                    .flatMap(Set::stream)
                                    .map(Operation::parse)
                                    .collect(Collectors.toSet()));
                    parts.alerts = new AlertRules(fields.listIfAny("alerts", SealJson::readAlertLine));
                    parts.backups =
                            fields.innerIfAny("backups", SealJson::readBackups).orElse(BackupPlans.NONE);
                    parts.signIn = fields.innerIfAny(
                            "sign_in",
                            provider -> new SignInProvider(provider.text("issuer"), provider.text("client")));
                    parts.codeFreezes = fields.listIfAny(
                            "code_freezes",
                            freeze -> new CodeFreeze(
                                    freeze.textSet("environments"),
                                    freeze.instant("from"),
                                    freeze.instant("until"),
                                    freeze.text("reason")));
                    parts.undo = fields.innerIfAny(
                            "undo",
                            undo -> new UndoRules(
                                    undo.seconds("seconds"),
                                    undo.seconds("agent_seconds"),
                                    Math.toIntExact(undo.whole("max_bytes"))));
                });
    }

    private static Seal.OwnCatalog readOwn(String name, StrictFields fields) {
        return new Seal.OwnCatalog(name, fields.text("text"), fields.flag("replaces_built_in"));
    }

    private static Seal.Person readPerson(String name, StrictFields fields) {
        return new Seal.Person(name, fields.textSet("groups"), fields.texts("keys"), fields.optionalText("subject"));
    }

    private static Seal.Agent readAgent(String name, StrictFields fields) {
        return new Seal.Agent(
                name,
                fields.text("owner"),
                fields.textSet("teams"),
                fields.optionalText("review_by").map(LocalDate::parse),
                fields.optionalTextSet("users").orElse(Set.of()));
    }

    private static Seal.TaskTemplate readTask(String name, StrictFields fields) {
        return new Seal.TaskTemplate(
                name,
                fields.textSet("environments"),
                fields.values("impacts", Impact::of),
                fields.textSet("agents"),
                fields.seconds("ttl_seconds"));
    }

    private static Seal.Upstream readUpstream(String name, StrictFields fields) {
        Map<Resource, Placement> resources = new LinkedHashMap<>();
        fields.objects("resources", SealJson::readPlacement)
                .values()
                .forEach(placement -> resources.put(placement.resource(), placement));
        Set<ResourcePattern> patterns = new TreeSet<>(
                fields.objectsIfAny("resource_patterns", SealJson::readPattern).values());
        return new Seal.Upstream(
                name,
                fields.text("catalog"),
                URI.create(fields.text("address")),
                fields.optionalText("ca"),
                new ArrayList<>(
                        fields.objects("credentials", SealJson::readSlot).values()),
                fields.optionalText("resolver"),
                new SealedPlacements(resources, patterns),
                fields.list("backups", SealJson::readBackup),
                fields.optionalText("secrets").map(SealJson::readReferenced).orElse(false),
                fields.flagIfAny("private"),
                fields.optionalText("http2").map(SealJson::readPriorKnowledge).orElse(false));
    }

    private static boolean readPriorKnowledge(String word) {
        if (!word.equals(PRIOR_KNOWLEDGE)) {
            throw new MalformedException("`http2` is not `" + PRIOR_KNOWLEDGE + "`");
        }
        return true;
    }

    private static boolean readReferenced(String word) {
        if (!word.equals(REFERENCED)) {
            throw new MalformedException("`secrets` is not `" + REFERENCED + "`");
        }
        return true;
    }

    private static Seal.CredentialSlot readSlot(String name, StrictFields fields) {
        return new Seal.CredentialSlot(
                name,
                fields.textSet("environments"),
                fields.values("impacts", Impact::of),
                fields.text("header"),
                fields.text("scheme"));
    }

    private static Placement readPlacement(String resource, StrictFields fields) {
        return new Placement(
                Resource.parse(resource),
                fields.textSet("environments"),
                fields.values("groups", Resource::parse),
                Provenance.SEALED,
                true);
    }

    private static ResourcePattern readPattern(String text, StrictFields fields) {
        return ResourcePattern.parse(text, fields.textSet("environments"), fields.values("groups", Resource::parse));
    }

    private static Backup readBackup(StrictFields fields) {
        return new Backup(
                fields.text("id"),
                Resource.parse(fields.text("of")),
                fields.instant("taken_at"),
                fields.text("domain"),
                Provenance.SEALED,
                Optional.empty());
    }

    private static Map<Operation, Set<Impact>> readClassify(StrictFields fields) {
        Map<Operation, Set<Impact>> lines = new LinkedHashMap<>();
        fields.eachIfAny("classify", (key, value) -> {
            if (!(value instanceof Json.Array array)) {
                throw new MalformedException("`classify` contains a value that is not an array");
            }
            Set<Impact> impacts = new TreeSet<>();
            array.items().forEach(item -> impacts.add(Impact.of(textOf(item))));
            lines.put(Operation.parse(key), impacts);
            return impacts;
        });
        return lines;
    }

    private static String textOf(Json value) {
        if (value instanceof Json.Text text) {
            return text.value();
        }
        throw new MalformedException("a value is not a string");
    }
}
