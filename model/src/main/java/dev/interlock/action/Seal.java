package dev.interlock.action;

import dev.interlock.evidence.WitnessRules;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The sealed policy bundle in force, as every package uses it: verified, validated and immutable.
 *
 * @param id the SHA-256 of the sealed payload, lower-case hexadecimal
 * @param sequence grows with every seal; anchored in the ledger, so that an older one cannot return
 * @param expires when the gateway stops honouring it
 * @param environments by name
 * @param people by name
 * @param softwareKeys whether a signature by a key without hardware counts at all (it is always reported as weak)
 * @param agents by identity, as {@code jer/cursor}
 * @param upstreams by name
 * @param tasks task templates by name
 * @param catalogs the SHA-256 of each catalog that was in force when it was sealed, by catalog name
 * @param classify the impacts of operations that no catalog knows, by sealed decision
 * @param ownCatalogs the organisation's own catalogs, contained in the seal, by name
 * @param observeUntil the end of observe mode, which lets through reads and writes that nobody has permitted
 * @param passkeys the rules for keys that it does not name
 * @param codeFreezes the times in which nothing may change
 * @param undo the rules for the state that is kept before calls change it; empty if none is kept
 * @param witnesses who must have seen a call's intent before it is sent, if anybody must
 * @param fleet what gateways may do that cannot reach their common store, if anything
 */
public record Seal(
        String id,
        String organisation,
        long sequence,
        Instant sealedAt,
        Instant expires,
        Map<String, Environment> environments,
        Map<String, Person> people,
        boolean softwareKeys,
        Map<String, Agent> agents,
        Map<String, Upstream> upstreams,
        Map<String, TaskTemplate> tasks,
        List<PolicyText> policies,
        Map<String, String> catalogs,
        Map<Operation, Set<Impact>> classify,
        Map<String, OwnCatalog> ownCatalogs,
        SealLimits limits,
        Optional<Instant> observeUntil,
        SandboxRules sandbox,
        ApprovalRules approvals,
        AlertRules alerts,
        BackupPlans backups,
        PasskeyRules passkeys,
        Optional<SignInProvider> signIn,
        List<CodeFreeze> codeFreezes,
        Optional<UndoRules> undo,
        Optional<WitnessRules> witnesses,
        Optional<FleetRules> fleet) {

    /** The maximum length of observe mode. Nobody reviews for longer than a week what is let through. */
    public static final Duration MAX_OBSERVING = Duration.ofDays(7);

    /**
     * A named part of the world, such as production.
     *
     * @param name as policies write it
     * @param isProtected whether an unknown resource counts as one of its own
     * @param isReadable whether a lease need not name it for calls that only read
     */
    public record Environment(String name, boolean isProtected, boolean isReadable) {}

    /**
     * A person who can own agents and confirm holds.
     *
     * @param name as written in policies and receipts
     * @param groups the groups that quorums are counted in
     * @param keys OpenSSH public keys, one line each
     * @param subject their name at the provider of {@link SignInProvider}, if they may sign in by it
     */
    public record Person(String name, Set<String> groups, List<String> keys, Optional<String> subject) {
        public Person {
            groups = Collections.unmodifiableSet(new TreeSet<>(groups));
            keys = List.copyOf(keys);
        }
    }

    /**
     * The seal's rules for gateways of one store.
     *
     * @param readGrace how long a gateway serves reads that cannot reach the store, beyond the usual second
     */
    public record FleetRules(Duration readGrace) {

        /** The longest time: an attacker who cuts a gateway off has as long to read. */
        public static final Duration MAX_GRACE = Duration.ofMinutes(5);

        public FleetRules {
            if (!readGrace.isPositive() || readGrace.compareTo(MAX_GRACE) > 0) {
                throw new IllegalArgumentException(
                        "`read-grace` must be above 0, and at most " + MAX_GRACE.toMinutes() + "m");
            }
        }

        public String words() {
            return "a gateway that is cut off from its fleet serves reads for " + readGrace.toSeconds()
                    + " seconds, also to whom a kill stops that it has not heard of";
        }
    }

    /**
     * Returns whether a rule may be about the operation of {@code action} by its name, or about what it touches. A
     * policy that has such a name in any text counts as one.
     */
    public boolean mentions(Action action) {
        Operation operation = action.operation();
        Set<Resource> touched = action.resources();
        return classify.containsKey(operation)
                || approvals.exempts(operation)
                || limits.operations().contains(operation)
                || upstreams.values().stream()
                        .anyMatch(upstream -> touched.stream().anyMatch(upstream.resources()::containsKey))
                || policies.stream()
                        .map(PolicyText::text)
                        .anyMatch(text -> text.contains(operation.name())
                                || touched.stream().map(Resource::id).anyMatch(text::contains));
    }

    public Optional<Person> personWithSubject(String subject) {
        return people.values().stream()
                .filter(person -> person.subject().equals(Optional.of(subject)))
                .findFirst();
    }

    /**
     * The rules for passkeys. In any case a person may endorse a further key with one that they have.
     *
     * @param firstByCode whether a one-time code of the gateway is enough for a first one
     * @param recovery the quorum of others that may endorse a key
     */
    public record PasskeyRules(boolean firstByCode, Optional<Obligations.Quorum> recovery) {

        /** The default: a new key counts only if the person endorses it with a key that they have. */
        public static final PasskeyRules ENDORSED = new PasskeyRules(false, Optional.empty());
    }

    /**
     * An enrolled AI process.
     *
     * @param id as {@code jer/cursor}
     * @param teams its Cedar ancestors
     * @param reviewBy the date, in UTC, before which somebody is to review whether it still is what it should be
     * @param users the users of the machine who take leases of it; empty for every user who may administer the gateway
     */
    public record Agent(String id, String owner, Set<String> teams, Optional<LocalDate> reviewBy, Set<String> users) {
        public Agent {
            teams = Collections.unmodifiableSet(new TreeSet<>(teams));
            users = Collections.unmodifiableSet(new TreeSet<>(users));
        }

        /** Creates an agent without a review date whose leases every user may take. */
        public Agent(String id, String owner, Set<String> teams) {
            this(id, owner, teams, Optional.empty(), Set.of());
        }

        /** Returns whether its review date has passed at {@code now}. */
        public boolean isOverdue(Instant now) {
            LocalDate today = LocalDate.ofInstant(now, ZoneOffset.UTC);
            return reviewBy.filter(today::isAfter).isPresent();
        }
    }

    /** Returns whether the seal says which users of the machine take leases of {@code agent}. */
    public boolean namesUsers(String agent) {
        Agent enrolled = agents.get(agent);
        return enrolled != null && !enrolled.users().isEmpty();
    }

    /**
     * Returns whether the owner of {@code agent} is still among the people. Without an owner an agent may do nothing.
     */
    public boolean isOwned(Agent agent) {
        return people.containsKey(agent.owner());
    }

    /**
     * A system behind the gateway.
     *
     * @param name the first segment of the reverse front's path
     * @param address scheme, host, port and base path; no user info, query or fragment
     * @param ca further trusted certificates in PEM, where the system's do not cover the address
     * @param credentials the vault's slots for it; no two fit the same attempt equally well
     * @param resolver the credential for the inventory's queries, if it makes any
     * @param places the seal's placement of its resources, one by one and by patterns
     * @param backups the backups that the seal declares; never counted as restored
     * @param referencesSecrets whether catalogued secrets in its answers are replaced by references
     * @param inside whether the name in its address may lead into a private network
     * @param priorKnowledge whether it speaks HTTP/2 in plain text, and nothing else (RFC 9113 §3.3)
     * @param bots the machines that read texts there, if the seal speaks of them
     */
    public record Upstream(
            String name,
            String catalog,
            URI address,
            Optional<String> ca,
            List<CredentialSlot> credentials,
            Optional<String> resolver,
            SealedPlacements places,
            List<Backup> backups,
            boolean referencesSecrets,
            boolean inside,
            boolean priorKnowledge,
            Optional<SealedBots> bots) {

        private static final URI ANY_HOST = URI.create("https://*");

        public Upstream {
            credentials = List.copyOf(credentials);
            backups = List.copyOf(backups);
        }

        /** Creates an upstream of whose bots the seal says nothing. */
        public Upstream(
                String name,
                String catalog,
                URI address,
                Optional<String> ca,
                List<CredentialSlot> credentials,
                Optional<String> resolver,
                SealedPlacements places,
                List<Backup> backups,
                boolean referencesSecrets,
                boolean inside,
                boolean priorKnowledge) {
            this(
                    name,
                    catalog,
                    address,
                    ca,
                    credentials,
                    resolver,
                    places,
                    backups,
                    referencesSecrets,
                    inside,
                    priorKnowledge,
                    Optional.empty());
        }

        public List<String> slots() {
            return credentials.stream().map(CredentialSlot::name).toList();
        }

        /** Returns the database that it is, if it is one. Other servers may have one of the same name. */
        public Optional<Resource> database() {
            return isDatabase()
                            && address.getPath() != null
                            && address.getPath().length() > 1
                    ? Optional.of(
                            new Resource(catalog, "database", address.getPath().substring(1)))
                    : Optional.empty();
        }

        /** Returns whether it stands for every public host that is no upstream of its own. */
        public boolean isWeb() {
            return ANY_HOST.equals(address);
        }

        /** Returns whether it is reached by PostgreSQL's protocol. */
        public boolean isDatabase() {
            return "postgres".equals(address.getScheme());
        }

        /** Creates an upstream with a public address, without patterns, whose answers are passed on unchanged. */
        public Upstream(
                String name,
                String catalog,
                URI address,
                Optional<String> ca,
                List<CredentialSlot> credentials,
                Optional<String> resolver,
                Map<Resource, Placement> resources,
                List<Backup> backups) {
            this(
                    name,
                    catalog,
                    address,
                    ca,
                    credentials,
                    resolver,
                    new SealedPlacements(resources, Set.of()),
                    backups,
                    false,
                    false,
                    false);
        }

        private Stream<String> looserThan(Map<String, Upstream> before) {
            return bots
                    .orElse(SealedBots.UNSAID)
                    .looserThan(Optional.ofNullable(before.get(name))
                            .flatMap(Upstream::bots)
                            .orElse(SealedBots.UNSAID))
                    .stream()
                    .map(words -> "at `" + name + "`, " + words);
        }

        public Map<Resource, Placement> resources() {
            return places.resources();
        }

        /** The sealed patterns for resources that are not named one by one. */
        public Set<ResourcePattern> patterns() {
            return places.patterns();
        }

        /**
         * Returns the sealed placement of {@code resource}: its own line, or else the longest pattern.
         *
         * <p>INVARIANT: an agent chooses names. The provider may take a name placed by a pattern for another one, with
         * its own line or a longer pattern. Such a name is in the environments of both.
         */
        public Optional<Placement> placement(Resource resource) {
            return places.placement(resource);
        }
    }

    /**
     * A slot for a credential. The secret itself is in the vault, under {@code name}.
     *
     * @param name unique in the seal
     * @param environments all that it may be used for
     * @param impacts all that it may be used for
     * @param header the header field that carries it, lower case
     * @param scheme the text before the secret in that field, as {@code Bearer}; empty for nothing
     */
    public record CredentialSlot(
            String name, Set<String> environments, Set<Impact> impacts, String header, String scheme) {
        public CredentialSlot {
            environments = Collections.unmodifiableSet(new TreeSet<>(environments));
            impacts = Collections.unmodifiableSet(EnumSet.copyOf(impacts));
        }
    }

    /**
     * The rights of tasks of one kind, without asking.
     *
     * @param name as given to {@code interlock run --task}
     * @param environments what a lease under it may name
     * @param impacts what a lease under it may do there
     * @param agents who may run it; empty for every agent
     * @param ttl the longest life of a lease under it
     */
    public record TaskTemplate(
            String name, Set<String> environments, Set<Impact> impacts, Set<String> agents, Duration ttl) {
        public TaskTemplate {
            environments = Collections.unmodifiableSet(new TreeSet<>(environments));
            impacts = Collections.unmodifiableSet(EnumSet.copyOf(impacts));
            agents = Collections.unmodifiableSet(new TreeSet<>(agents));
        }
    }

    public record PolicyText(String file, String text) {}

    /**
     * A catalog that does not come with Interlock.
     *
     * @param name the provider's name, as its file says it
     * @param text the file
     * @param replacesBuiltIn whether the organisation said that it takes the place of the built-in one of this name
     */
    public record OwnCatalog(String name, String text, boolean replacesBuiltIn) {

        /** The SHA-256 of the file, lower-case hexadecimal. */
        public String digest() {
            return Bytes.utf8(text).sha256();
        }
    }

    public Seal {
        environments = Collections.unmodifiableMap(new TreeMap<>(environments));
        people = Collections.unmodifiableMap(new TreeMap<>(people));
        agents = Collections.unmodifiableMap(new TreeMap<>(agents));
        upstreams = Collections.unmodifiableMap(new TreeMap<>(upstreams));
        tasks = Collections.unmodifiableMap(new TreeMap<>(tasks));
        policies = List.copyOf(policies);
        catalogs = Collections.unmodifiableMap(new TreeMap<>(catalogs));
        classify = Map.copyOf(classify);
        ownCatalogs = Collections.unmodifiableMap(new TreeMap<>(ownCatalogs));
        codeFreezes = List.copyOf(codeFreezes);
    }

    /** Returns a seal without any environment, person, agent, upstream, task or policy, and with all defaults. */
    public static Seal empty(String id, String organisation, long sequence, Instant sealedAt, Instant expires) {
        return new Seal(
                id,
                organisation,
                sequence,
                sealedAt,
                expires,
                Map.of(),
                Map.of(),
                false,
                Map.of(),
                Map.of(),
                Map.of(),
                List.of(),
                Map.of(),
                Map.of(),
                Map.of(),
                SealLimits.NONE,
                Optional.empty(),
                SandboxRules.USUAL,
                ApprovalRules.USUAL,
                AlertRules.NONE,
                BackupPlans.NONE,
                PasskeyRules.ENDORSED,
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    public Seal with(Consumer<SealParts> change) {
        SealParts parts = new SealParts();
        change.accept(parts);
        return parts.seal();
    }

    /** The parts of a seal, changeable while a copy is made. */
    public final class SealParts {
        public String id = Seal.this.id;
        public long sequence = Seal.this.sequence;
        public Instant sealedAt = Seal.this.sealedAt;
        public Instant expires = Seal.this.expires;
        public Map<String, Environment> environments = Seal.this.environments;
        public Map<String, Person> people = Seal.this.people;
        public boolean softwareKeys = Seal.this.softwareKeys;
        public Map<String, Agent> agents = Seal.this.agents;
        public Map<String, Upstream> upstreams = Seal.this.upstreams;
        public Map<String, TaskTemplate> tasks = Seal.this.tasks;
        public List<PolicyText> policies = Seal.this.policies;
        public Map<String, String> catalogs = Seal.this.catalogs;
        public Map<Operation, Set<Impact>> classify = Seal.this.classify;
        public Map<String, OwnCatalog> ownCatalogs = Seal.this.ownCatalogs;
        public SealLimits limits = Seal.this.limits;
        public Optional<Instant> observeUntil = Seal.this.observeUntil;
        public SandboxRules sandbox = Seal.this.sandbox;
        public BackupPlans backups = Seal.this.backups;
        public ApprovalRules approvals = Seal.this.approvals;
        public AlertRules alerts = Seal.this.alerts;
        public PasskeyRules passkeys = Seal.this.passkeys;
        public Optional<SignInProvider> signIn = Seal.this.signIn;
        public List<CodeFreeze> codeFreezes = Seal.this.codeFreezes;
        public Optional<UndoRules> undo = Seal.this.undo;
        public Optional<WitnessRules> witnesses = Seal.this.witnesses;
        public Optional<FleetRules> fleet = Seal.this.fleet;

        private SealParts() {}

        private Seal seal() {
            return new Seal(
                    id,
                    organisation,
                    sequence,
                    sealedAt,
                    expires,
                    environments,
                    people,
                    softwareKeys,
                    agents,
                    upstreams,
                    tasks,
                    policies,
                    catalogs,
                    classify,
                    ownCatalogs,
                    limits,
                    observeUntil,
                    sandbox,
                    approvals,
                    alerts,
                    backups,
                    passkeys,
                    signIn,
                    codeFreezes,
                    undo,
                    witnesses,
                    fleet);
        }
    }

    /** Returns how this is less strict than {@code before}, apart from policies, in sentences without a stop. */
    public List<String> looserThan(Seal before) {
        return Stream.of(
                        backups.looserThan(before.backups).stream(),
                        WitnessRules.looser(witnesses, before.witnesses).stream(),
                        upstreams.values().stream().flatMap(upstream -> upstream.looserThan(before.upstreams)),
                        fleet
                                .filter(_ -> readGrace().compareTo(before.readGrace()) > 0)
                                .map(FleetRules::words)
                                .stream())
                .flatMap(all -> all)
                .toList();
    }

    /** Returns how long a gateway serves reads that cannot reach the store of its fleet. */
    public Duration readGrace() {
        return fleet.map(FleetRules::readGrace).orElse(Duration.ZERO);
    }

    public boolean observesAt(Instant now) {
        return observeUntil.filter(now::isBefore).isPresent();
    }

    /**
     * Returns {@code action} with {@link Impact#UNKNOWN} replaced by the seal's classification of its operation, if
     * there is one.
     */
    public Action classified(Action action) {
        Set<Impact> sealed = classify.get(action.operation());
        if (sealed == null || !action.has(Impact.UNKNOWN)) {
            return action;
        }
        Set<Impact> impacts = EnumSet.copyOf(action.impacts());
        impacts.remove(Impact.UNKNOWN);
        impacts.addAll(sealed);
        return action.withImpacts(impacts);
    }

    /**
     * Returns whether {@code action} must not happen before people have approved it: it runs code, or cannot be undone
     * and does more than read; and the seal does not exempt its operation in each of {@code environments}: all that the
     * call touches, because the vault judges by these too.
     */
    public boolean needsApproval(Action action, Set<String> environments) {
        return action.isGrave()
                && !classify.containsKey(action.operation())
                && !approvals.exempts(action.operation(), environments);
    }

    /**
     * Returns the credentials that can delete the backups of {@code plan} but belong to no upstream. The vault never
     * opens such a name. So it counts as a credential that cannot delete the source of the backups.
     */
    public Set<String> outsiders(String plan) {
        Set<String> names = new TreeSet<>(Optional.ofNullable(backups.plans().get(plan))
                .flatMap(BackupPlans.Plan::deletableBy)
                .orElse(Set.of()));
        upstreams.values().forEach(upstream -> upstream.credentials().forEach(slot -> names.remove(slot.name())));
        return names;
    }

    /**
     * Returns the database that all tables of {@code upstream} are in. Empty if it is none, or if the database of
     * another server has the same name: what is said of the one must not count for the other.
     */
    public Optional<Resource> database(Upstream upstream) {
        return upstream.database()
                .filter(own -> upstreams.values().stream()
                        .filter(other -> other.database().equals(Optional.of(own)))
                        .allMatch(other -> other.address().equals(upstream.address())));
    }

    /** Returns the environments for an unknown resource: the protected ones, or all if none is. */
    public Set<String> mostProtected() {
        Set<String> names = new TreeSet<>();
        environments.values().stream().filter(Environment::isProtected).forEach(e -> names.add(e.name()));
        return names.isEmpty() ? environments.keySet() : names;
    }
}
