package dev.interlock.evidence;

import java.time.Instant;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a verifier of confirmations must know of a seal: who counts, with which keys, in which groups. The rest of the
 * payload is policy, which it cannot judge and does not read.
 *
 * @param id the SHA-256 of the payload, lower-case hexadecimal
 * @param sequence grows with every seal
 * @param expires when it is worth nothing any more
 * @param people by name
 * @param softwareKeys whether a signature by a key without hardware counts
 * @param passkeys how people come by keys that the seal does not name
 * @param protectedEnvironments those in which destruction needs a confirmation
 * @param backups who is believed about backups, and what lies where
 * @param credentials by provider, the names of all that reach it: any of them may be able to delete what lies there
 * @param glass what one person may do alone on a bad day, if anything
 */
public record SealDocument(
        String id,
        long sequence,
        Instant expires,
        Map<String, Signatory> people,
        boolean softwareKeys,
        Passkeys passkeys,
        Set<String> protectedEnvironments,
        Backups backups,
        Map<String, Set<String>> credentials,
        Optional<BreakGlass> glass) {

    /** The DSSE payload type of a seal. */
    public static final String PAYLOAD_TYPE = "application/vnd.interlock.seal.v1+json";

    /** The SSHSIG namespace in which seals, and nothing else, are signed. */
    public static final String NAMESPACE = "interlock-seal@v1";

    /** The group whose members may widen any lease, lift kills and freezes, and review. */
    public static final String OWNERS = "owners";

    private static final String TYPE = "interlock-seal@v1";

    /**
     * Somebody who may sign.
     *
     * @param name as in the seal
     * @param groups in which quorums count them
     * @param keys theirs alone
     */
    public record Signatory(String name, Set<String> groups, List<SshPublicKey> keys) {
        public Signatory {
            groups = Collections.unmodifiableSet(new TreeSet<>(groups));
            keys = List.copyOf(keys);
        }
    }

    /**
     * What the seal says of backups that Interlock takes.
     *
     * @param attesters whose word it is that a backup was restored
     * @param plans by name
     */
    public record Backups(Set<SshPublicKey> attesters, Map<String, BackupPlan> plans) {

        /** Nobody is believed. */
        public static final Backups NONE = new Backups(Set.of(), Map.of());

        public Backups {
            attesters = Set.copyOf(attesters);
            plans = Collections.unmodifiableMap(new TreeMap<>(plans));
        }

        /** The plan that {@code name} is a copy of, or itself: of all that share it, one is enough. */
        String group(String name) {
            return Optional.ofNullable(plans.get(name))
                    .flatMap(BackupPlan::copyOf)
                    .orElse(name);
        }

        /** The plans that save one of {@code saved}, by {@link #group}; for the caller to change. */
        Map<String, Set<String>> groups(Set<String> saved) {
            Map<String, Set<String>> groups = new TreeMap<>();
            plans.forEach((name, plan) -> {
                if (saved.contains(plan.of())) {
                    groups.computeIfAbsent(group(name), _ -> new TreeSet<>()).add(name);
                }
            });
            return groups;
        }

        /** @throws MalformedException if something is a copy of what the seal does not save, or of a copy */
        private void requireCopies() {
            plans.forEach((name, plan) -> plan.copyOf().ifPresent(of -> {
                BackupPlan first = plans.get(of);
                if (first == null || first.copyOf().isPresent() || !first.of().equals(plan.of())) {
                    throw new MalformedException("`" + name + "` is a copy of no plan of `" + plan.of() + "`");
                }
            }));
        }
    }

    /**
     * What one plan's backups are.
     *
     * @param of the resource that they bring back
     * @param domain the failure domain that they lie in
     * @param deletableBy the names of all credentials that can delete them; empty if nobody has said
     * @param copyOf the plan that saves the same, so that one of both is enough; empty if it saves what no other does
     */
    public record BackupPlan(String of, String domain, Optional<Set<String>> deletableBy, Optional<String> copyOf) {}

    /** The same, in which no credential reaches any backup. */
    SealDocument withoutCustody() {
        Map<String, BackupPlan> plans = new TreeMap<>();
        backups.plans()
                .forEach((name, plan) -> plans.put(
                        name, new BackupPlan(plan.of(), plan.domain(), Optional.of(Set.of()), plan.copyOf())));
        return new SealDocument(
                id,
                sequence,
                expires,
                people,
                softwareKeys,
                passkeys,
                protectedEnvironments,
                new Backups(backups.attesters(), plans),
                Map.of(),
                glass);
    }

    /** Who could delete the backups of {@code plan} together with what they are copies of. */
    Custody custody(BackupPlan plan) {
        return Custody.of(credentials, plan.of(), plan.domain(), plan.deletableBy());
    }

    /** One that says nothing of backups, nor of bad days. */
    public SealDocument(
            String id,
            long sequence,
            Instant expires,
            Map<String, Signatory> people,
            boolean softwareKeys,
            Passkeys passkeys,
            Set<String> protectedEnvironments) {
        this(
                id,
                sequence,
                expires,
                people,
                softwareKeys,
                passkeys,
                protectedEnvironments,
                Backups.NONE,
                Map.of(),
                Optional.empty());
    }

    /**
     * How people come by passkeys. Whatever it says, a person may vouch for a further key with one that they have.
     *
     * @param firstByCode whether a one-time code of the gateway is enough for a first one
     * @param recovery which quorum of others may vouch for a key, as {@code 2 of owners}
     */
    public record Passkeys(boolean firstByCode, Optional<String> recovery) {

        /** Where a seal says nothing: only by a key that the person has. */
        public static final Passkeys ENDORSED = new Passkeys(false, Optional.empty());

        private static final String CODE = "code";

        /** @throws MalformedException if the quorum is not written as one */
        public Passkeys {
            recovery.ifPresent(Demands.Quorum::of);
        }

        private static Passkeys read(Fields confirm) {
            Optional<String> first = confirm.optionalText("first_passkey");
            if (first.filter(word -> !word.equals(CODE)).isPresent()) {
                throw new MalformedException("`first_passkey` is `" + CODE + "`, or is left out");
            }
            return new Passkeys(first.isPresent(), confirm.optionalText("recovery"));
        }
    }

    /** @throws MalformedException if one key belongs to two people: a quorum of both would be one of either */
    public SealDocument {
        people = Collections.unmodifiableMap(new TreeMap<>(people));
        protectedEnvironments = Collections.unmodifiableSet(new TreeSet<>(protectedEnvironments));
        credentials = Collections.unmodifiableMap(new TreeMap<>(credentials));
        Set<SshPublicKey> seen = new HashSet<>();
        for (Signatory person : people.values()) {
            for (SshPublicKey key : new HashSet<>(person.keys())) {
                if (!seen.add(key)) {
                    throw new MalformedException("the key `" + key + "` belongs to two people");
                }
            }
        }
    }

    /**
     * Reads a seal's payload, whose signatures were checked with {@link Envelope#verify} before.
     *
     * @throws MalformedException unless it is canonical JSON and each member that is read is as the format says
     */
    public static SealDocument read(byte[] payload) {
        Fields fields = new Fields(Json.readObject(payload));
        fields.constant("type", TYPE);
        Fields confirm = new Fields(fields.object("confirm"));
        SealDocument seal = new SealDocument(
                Sha256.hex(payload),
                fields.count("sequence"),
                fields.instant("expires"),
                people(fields.object("people")),
                confirm.flag("software_keys"),
                Passkeys.read(confirm),
                protectedOnes(fields.object("environments")),
                fields.optionalObject("backups").map(SealDocument::backups).orElse(Backups.NONE),
                fields.optionalObject("upstreams")
                        .map(SealDocument::credentials)
                        .orElse(Map.of()),
                fields.optionalObject("break_glass").map(SealDocument::glass));
        confirm.end();
        return seal;
    }

    private static Map<String, Signatory> people(Json.Members object) {
        Map<String, Signatory> people = new TreeMap<>();
        object.members().forEach((name, value) -> {
            Fields fields = Fields.of(value);
            List<SshPublicKey> keys =
                    fields.texts("keys").stream().map(SshPublicKey::parse).toList();
            // Who lets them into the console decides about no confirmation.
            fields.passOver("subject");
            people.put(name, new Signatory(name, new TreeSet<>(fields.texts("groups")), keys));
            fields.end();
        });
        return people;
    }

    private static Backups backups(Json.Members object) {
        Fields fields = new Fields(object);
        Set<SshPublicKey> attesters = new HashSet<>();
        fields.texts("attesters").forEach(key -> attesters.add(SshPublicKey.parse(key)));
        Map<String, BackupPlan> plans = new TreeMap<>();
        fields.object("plans").members().forEach((name, value) -> {
            Fields plan = Fields.of(value);
            plans.put(
                    name,
                    new BackupPlan(
                            plan.name("of"),
                            plan.name("domain"),
                            plan.optionalTexts("deletable_by").map(TreeSet::new),
                            plan.optionalText("copy_of")));
            // What people aim at decides about no confirmation.
            plan.passOver("targets");
            plan.end();
        });
        // What nobody means to bring back decides about no confirmation.
        fields.passOver("expendable");
        fields.end();
        Backups backups = new Backups(attesters, plans);
        backups.requireCopies();
        return backups;
    }

    /** The rest of what upstreams are is no matter of a verifier's. */
    private static Map<String, Set<String>> credentials(Json.Members upstreams) {
        Map<String, Set<String>> credentials = new TreeMap<>();
        upstreams.members().forEach((name, value) -> {
            Fields upstream = Fields.of(value);
            Set<String> names = credentials.computeIfAbsent(upstream.name("catalog"), _ -> new TreeSet<>());
            names.addAll(upstream.object("credentials").members().keySet());
            upstream.optionalText("resolver").ifPresent(names::add);
        });
        return credentials;
    }

    private static BreakGlass glass(Json.Members object) {
        Fields fields = new Fields(object);
        BreakGlass glass = new BreakGlass(
                fields.name("by"), new TreeSet<>(fields.texts("waives")), Math.toIntExact(fields.count("at_most")));
        fields.end();
        return glass;
    }

    private static Set<String> protectedOnes(Json.Members object) {
        Set<String> names = new TreeSet<>();
        object.members().forEach((name, value) -> {
            Fields fields = Fields.of(value);
            if (fields.flag("protected")) {
                names.add(name);
            }
            fields.end();
        });
        return names;
    }

    /** @throws BadSignatureException if the seal does not let keys of this class count */
    void requireClass(Signer signer) throws BadSignatureException {
        if (signer.keyClass() == KeyClass.SOFTWARE && !softwareKeys) {
            throw new BadSignatureException(
                    "`" + signer.person() + "` signed without hardware, which the seal does not allow");
        }
    }

    boolean isIn(String group, String person) {
        return Optional.ofNullable(people.get(person))
                .filter(known -> known.groups().contains(group))
                .isPresent();
    }

    /** Whose {@code key} is, if anybody's. */
    public Optional<Signatory> owner(SshPublicKey key) {
        return people.values().stream()
                .filter(person -> person.keys().contains(key))
                .findFirst();
    }
}
