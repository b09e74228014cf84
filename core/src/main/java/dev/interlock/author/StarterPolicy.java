package dev.interlock.author;

import dev.interlock.action.CatalogFacts;
import dev.interlock.action.Impact;
import dev.interlock.action.OperationSummary;
import dev.interlock.action.OperationTopic;
import dev.interlock.action.SandboxRules;
import dev.interlock.action.UserName;
import dev.interlock.evidence.KeyClass;
import dev.interlock.evidence.SshPublicKey;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The policy directory that {@code interlock init} writes: commented, tested, and ready to be sealed.
 *
 * @param organisation the name of the organisation
 * @param person the first owner
 * @param key that person's OpenSSH public key, one line
 * @param agent the name of their first agent, for example {@code cursor}
 * @param upstream the name of the first upstream
 * @param catalog the catalog of that upstream
 * @param address the address of that upstream; empty if it has none yet: then only examples use the other two
 * @param environments the environments in which agents may work
 * @param protectedEnvironments the environments where they need a person's confirmation; may be empty
 * @param confirmers further owners who may confirm: name to OpenSSH public key
 * @param authority PEM of the authority that signs the upstream's certificate, if it is a private one
 * @param places the environment of each placed resource, for example {@code railway:environment/ID}
 * @param notice the alert receiver that tells a single person what they sign, if there is only one
 * @param users the users of the machine who take the agent's leases, as far as a seal can name them; empty for any
 *     administrator of the gateway
 * @param preset what is asked about
 */
public record StarterPolicy(
        String organisation,
        String person,
        String key,
        String agent,
        String upstream,
        String catalog,
        String address,
        List<String> environments,
        List<String> protectedEnvironments,
        Map<String, String> confirmers,
        Optional<String> authority,
        Map<String, String> places,
        Optional<String> notice,
        Set<String> users,
        Preset preset) {

    /** What a starter policy does with calls that are neither harmless nor forbidden. */
    public enum Preset {
        /** People are asked about them. */
        STANDARD,
        /** They are refused, except for destruction. */
        STRICT
    }

    /** More writes than an agent makes in an hour, and fewer than a loop makes. */
    static final int WRITES = 300;

    /** Deletions beyond this number make people wait ten minutes more. */
    static final int DELETIONS = 5;

    public StarterPolicy {
        environments = List.copyOf(environments);
        protectedEnvironments = List.copyOf(protectedEnvironments);
        confirmers = Collections.unmodifiableMap(new LinkedHashMap<>(confirmers));
        places = Collections.unmodifiableMap(new LinkedHashMap<>(places));
        boolean anybody = users.isEmpty();
        Set<String> named = new TreeSet<>(users);
        named.removeIf(user -> !UserName.is(user));
        users = Collections.unmodifiableSet(named);
        if (users.isEmpty() && !anybody) {
            throw new IllegalArgumentException("none of these users can be named in a seal");
        }
        if (environments.isEmpty()) {
            throw new IllegalArgumentException("name at least one environment in which agents may work");
        }
        if (notice.isPresent() && !confirmers.isEmpty()) {
            throw new IllegalArgumentException("a sole owner has no confirmers; leave out one of the two");
        }
    }

    /**
     * Returns whether somebody can confirm with the named keys. The person behind a lease needs a hardware key for
     * that; others do not. If nobody can, people need a passkey, and the policy accepts a one-time code to enrol it.
     */
    public boolean canBeConfirmed() {
        return !confirmers.isEmpty() || SshPublicKey.parse(key).keyClass() == KeyClass.HARDWARE;
    }

    /** Returns whether somebody confirms with a key in a plain file; the policy then allows such keys. */
    public boolean softwareKeys() {
        return notice.isEmpty() && hasFiles();
    }

    private boolean hasFiles() {
        return Stream.concat(Stream.of(key), confirmers.values().stream())
                .anyMatch(line -> SshPublicKey.parse(line).keyClass() == KeyClass.SOFTWARE);
    }

    /** Returns the names of the credentials without which no agent works. */
    public List<String> firstCredentials() {
        return List.of(upstream + "-look", upstream + "-read", upstream + "-work");
    }

    /** Returns the names of the credentials without which agents cannot destroy, or change a protected environment. */
    public List<String> furtherCredentials() {
        List<String> open = List.of(upstream + "-confirmed");
        return protectedEnvironments.isEmpty()
                ? open
                : Stream.concat(
                                open.stream(),
                                Stream.of(upstream + "-protected-work", upstream + "-protected-confirmed"))
                        .toList();
    }

    /** Returns whether one person alone confirms, in protected environments too: nobody else could. */
    public boolean isAlone() {
        return confirmers.isEmpty() && notice.isEmpty();
    }

    /**
     * Returns file contents by file name.
     *
     * @throws dev.interlock.evidence.MalformedException if the key is not valid
     */
    public Map<String, String> files(CatalogFacts catalogs) {
        return files(catalogs, address.isEmpty() ? Set.of() : Set.of(catalog));
    }

    /**
     * Returns the same for a directory that gets more upstreams.
     *
     * @param used the catalogs of all its upstreams
     */
    public Map<String, String> files(CatalogFacts catalogs, Set<String> used) {
        Map<String, String> files = new LinkedHashMap<>();
        files.put(InterlockYaml.FILE, yaml(catalogs) + limits(catalogs));
        files.put("policy.cedar", new StarterCedar(this, catalogs, used).text());
        files.put("policy.test.yaml", new StarterTests(this, catalogs).text());
        return files;
    }

    /**
     * Returns what a directory needs beside a further upstream, by file name: what a starter policy would say of its
     * catalog.
     *
     * @param guarded the protected environments
     */
    public static Map<String, String> further(String catalog, List<String> guarded, CatalogFacts catalogs) {
        String text = StarterCedar.secrets(catalog + "-", guarded, Set.of(catalog), catalogs);
        return text.isEmpty() ? Map.of() : Map.of(catalog + ".cedar", text);
    }

    private String yaml(CatalogFacts catalogs) {
        SshPublicKey parsed = SshPublicKey.parse(key);
        return """
            # The policy of Interlock. It takes effect only once it is sealed:
            #   interlock policy test && interlock seal --key KEY
            # Every key of this file is explained in docs/formats/interlock-yaml.md.
            organisation: %s

            # A seal that is not renewed expires. Then everything is refused.
            expires-after: 90d

            # A resource without an environment counts as in the protected environments. Agents may read what is no
            # secret wherever an environment is `readable`; to change anything there, a lease must name it.
            environments:
            %s
            people:
            %s
            confirm:
              # true accepts software keys (plain files), always reported as weak. Prefer `ssh-keygen -t ed25519-sk`.
              software-keys: %s
              # A one-time code of `interlock key invite` is enough for a person's first passkey.
              # For teams write `endorsed`: then a key above must sign for it. See docs/operators.md.
              first-passkey: code
            # A signature may also grant up to 20 more calls like the confirmed one, for 8 hours at most: on nothing else,
            # with no greater number, and never in a protected environment. Without this, each call is asked about.
            signing:
              grant: {at-most: 20, for: 8h}
            # In `interlock run`, agents may write what you or CI start, such as package.json; what they changed of it is
            # reported. `strict` keeps all of it read-only.
            files: %s
            %s%s
            agents:
              %s:
                owner: %s
                teams: [agents]
            %s
            upstreams:
            %s
            %s# What an agent may do without an elevation, as far as policy.cedar permits it.
            tasks:
              work:
                environments: [%s]
                impacts: [%s]
                agents: [%s]
                ttl: 4h
            """.formatted(
                        organisation,
                        environmentLines(),
                        personLines(person, parsed)
                                + confirmers.entrySet().stream()
                                        .map(other -> personLines(other.getKey(), SshPublicKey.parse(other.getValue())))
                                        .collect(Collectors.joining()),
                        softwareKeys(),
                        (asks() ? SandboxRules.FileProtection.STANDARD : SandboxRules.FileProtection.STRICT).word(),
                        serviceLines(),
                        soloLines(),
                        agentId(),
                        person,
                        userLines(),
                        upstreamLines(catalogs),
                        backupLines(catalogs),
                        String.join(", ", environments),
                        asks() ? "read, write, destroy, execute, privilege" : "read, write, destroy",
                        agentId());
    }

    private String serviceLines() {
        return asks() ? """
                # Agents may use the services on this machine that are named when they are started, as
                # `interlock run --service redis=6379`. Without this line, none.
                services: named
                """ : "";
    }

    private String confirmedImpacts() {
        return asks() ? "destroy, execute, privilege" : "destroy";
    }

    /** Returns whether people are asked about more than destruction. */
    boolean asks() {
        return preset == Preset.STANDARD;
    }

    private String upstreamLines(CatalogFacts catalogs) {
        return address.isEmpty()
                ? ""
                : """
                  %s:
                    catalog: %s
                    address: %s
                %s    # The credential with which the gateway itself looks up resources. No agent's call gets it.
                    resolver: %s
                    # Names only: `interlock vault put NAME` stores the secret. No two may match one impact and environment.
                    credentials:
                %s
                %s""".formatted(
                                upstream,
                                catalog,
                                address,
                                authorityLines(),
                                upstream + "-look",
                                slotLines(),
                                placeLines(catalogs));
    }

    private String limits(CatalogFacts catalogs) {
        String budgets = """

            # What calls overwrite is kept, encrypted, so that `interlock undo` can put it back. See docs/undo.md.
            undo: {for: 7d, agent-for: 1h}

            # Limits within a sliding window, even if each call is harmless. See docs/policy.md.
            budgets:
              writes:
                per: [agent]
                impacts: [write]
                at-most: %d
                within: 1h
            %s  deletions:
                per: [person]
                impacts: [destroy]
                at-most: %d
                within: 1h
                then: hold
                confirm: [1 of owners]
                cooldown: 10m
                type-name: true
            """.formatted(WRITES, asks() ? "    then: hold\n    confirm: [1 of owners]\n" : "", DELETIONS);
        List<String> protection = protection(catalogs);
        return protection.isEmpty()
                ? budgets
                : budgets
                        + """

                        # Calls that must not follow another: nobody destroys a resource after removing its backups.
                        sequences:
                          backups-off-then-destroy:
                            after:
                              operations:
                        %s    impacts: [destroy]
                            same: [resource]
                            within: 24h
                        %s""".formatted(
                                        protection.stream()
                                                .map(name -> "        - " + name + "\n")
                                                .collect(Collectors.joining()),
                                        refusesDestroyAfterBackupLoss() ? "" : """
                                            then: hold
                                            confirm: [1 of owners]
                                            cooldown: 10m
                                            type-name: true
                                        """);
    }

    /**
     * Returns whether destruction after losing backups is refused, rather than held. Railway's volumes have names of
     * their own. Elsewhere a whole project is one resource, and work on it must be able to go on.
     */
    boolean refusesDestroyAfterBackupLoss() {
        return catalog.equals("railway");
    }

    /** Returns the catalog's operations that take away backups. */
    List<String> protection(CatalogFacts catalogs) {
        return StarterCedar.about(OperationTopic.BACKUPS, Set.of(catalog), catalogs);
    }

    /** Returns the catalog's operations that destroy no data that a backup could bring back. */
    List<String> harmless(CatalogFacts catalogs) {
        return catalogs.operations(catalog).stream()
                .filter(known ->
                        known.loss().isWithoutData() && known.possible().contains(Impact.DESTROY))
                .map(known -> known.operation().toString())
                .toList();
    }

    /** Returns the protected environments whose data is destroyed only with a backup: the catalog must know data. */
    List<String> savedEnvironments(CatalogFacts catalogs) {
        return catalogs.holdsData(catalog).isEmpty() ? List.of() : protectedEnvironments;
    }

    String agentId() {
        return person + "/" + agent;
    }

    private List<String> all() {
        return Stream.concat(environments.stream(), protectedEnvironments.stream())
                .toList();
    }

    private String environmentLines() {
        return all().stream()
                .map(name -> "  " + name + ":\n    protected: " + protectedEnvironments.contains(name)
                        + "\n    readable: true\n")
                .collect(Collectors.joining());
    }

    private String soloLines() {
        return notice.map("""

            # For one person who owns everything. Where policy requires a second person, a delay replaces them, in which
            # an alert to `notice`, a receiver in gateway.yaml, lets the owner deny it. Only hardware keys sign.
            # Remove it once there are two people: the policy already requires both.
            solo:
              delay: 10m
              notice: %s
            """::formatted).orElse("");
    }

    private String userLines() {
        return users.isEmpty()
                ? ""
                : "    # The users who take its leases here. Without them, anybody who asks acts for the owner.\n    users: "
                        + UserName.yaml(users) + "\n";
    }

    private static String personLines(String name, SshPublicKey key) {
        // Without the key's comment, which may hold anything.
        return "  " + name + ":\n    groups: [owners]\n    keys:\n      - \"" + key.line() + "\"\n";
    }

    private String authorityLines() {
        return authority
                .map(pem -> "    ca: |\n"
                        + pem.strip()
                                .lines()
                                .map(line -> "      " + line + "\n")
                                .collect(Collectors.joining()))
                .orElse("");
    }

    private String placeLines(CatalogFacts catalogs) {
        String placed = places.entrySet().stream()
                .map(place -> "      \"" + place.getKey() + "\": {environments: [" + place.getValue() + "]}\n")
                .collect(Collectors.joining());
        String missing = placeable(catalogs).stream()
                .filter(example -> places.keySet().stream().noneMatch(place -> isOfOneType(place, example)))
                .map(example -> "    #   " + example + ": {environments: [" + environments.getFirst() + "]}\n")
                .collect(Collectors.joining());
        if (places.isEmpty()) {
            return "    # Place each resource in an environment, by the provider's own identifiers:\n    # resources:\n"
                    + missing;
        }
        return "    # The environment of each resource, by the provider's own identifiers.\n    resources:\n" + placed
                + (missing.isEmpty() ? "" : "    # Types without an environment so far:\n" + missing);
    }

    private String backupLines(CatalogFacts catalogs) {
        return savedEnvironments(catalogs).isEmpty()
                ? ""
                : """
                # Backups that Interlock takes, and restores as a test. policy.cedar wants one before it lets people confirm
                # the loss of protected data. docs/backups.md tells how to begin.
                # backups:
                #   attesters: ["ssh-ed25519 …"]
                #   plans:
                #     main-data: {of: "%s:%s/ID", domain: "s3:ANOTHER-ACCOUNT", deletable-by: []}

                """.formatted(catalog, new TreeSet<>(catalogs.holdsData(catalog)).last());
    }

    private static boolean isOfOneType(String one, String other) {
        return other.startsWith(one.substring(0, one.indexOf('/') + 1));
    }

    /**
     * Returns an example name for each type of resource that the catalog's operations touch. For Railway, only its
     * environments need a place: the gateway asks Railway where everything else is.
     */
    public List<String> placeable(CatalogFacts catalogs) {
        Map<String, String> touched = catalogs.touched(catalog);
        Map<String, String> types =
                touched.isEmpty() || catalog.equals("railway") ? Map.of("environment", "ID") : touched;
        return types.entrySet().stream()
                .map(type -> catalog + ":" + type.getKey() + "/" + type.getValue())
                .toList();
    }

    private String slotLines() {
        String open = slot(upstream + "-look", all(), "read")
                + slot(upstream + "-read", all(), "read")
                + slot(upstream + "-work", environments, "write")
                + """
                      # These open only after the vault itself has checked a confirmation. If the provider cannot give a
                      # token of its own for each, store the same one under both names; `interlock status` says so.
                """
                + slot(upstream + "-confirmed", environments, confirmedImpacts());
        return protectedEnvironments.isEmpty()
                ? open
                : open
                        + slot(upstream + "-protected-confirmed", protectedEnvironments, confirmedImpacts())
                        + "      # Only for leases that people have signed for.\n"
                        + slot(upstream + "-protected-work", protectedEnvironments, "write");
    }

    private static String slot(String name, Collection<String> environments, String impacts) {
        return "      " + name + ":\n        environments: [" + String.join(", ", environments)
                + "]\n        impacts: [" + impacts + "]\n";
    }

    /** Returns whether the catalog has an operation with exactly this impact, or whether its operations are unknown. */
    boolean canShow(CatalogFacts catalogs, Impact impact) {
        Collection<OperationSummary> known = catalogs.operations(catalog);
        return known.isEmpty() || known.stream().anyMatch(one -> one.impacts().equals(Set.of(impact)));
    }

    /**
     * Returns an operation of the catalog with exactly this impact, for an example; an invented one if there is none.
     * What reads logs is none: that is forbidden in protected environments.
     */
    String example(CatalogFacts catalogs, Impact impact) {
        return catalogs.operations(catalog).stream()
                .filter(known -> known.impacts().equals(Set.of(impact)))
                .filter(known ->
                        known.topic().filter(OperationTopic.LOGS::equals).isEmpty())
                .map(known -> known.operation().toString())
                .sorted()
                .findFirst()
                .orElse(catalog + "/example-" + impact.word());
    }
}
