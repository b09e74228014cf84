package dev.interlock.vault;

import dev.interlock.action.Bytes;
import dev.interlock.action.Impact;
import dev.interlock.action.ResolvedAttempt;
import dev.interlock.action.Seal.CredentialSlot;
import dev.interlock.action.Secret;
import dev.interlock.evidence.PlanStep;
import dev.interlock.evidence.SeenIntent;
import dev.interlock.evidence.SshPublicKey;
import dev.interlock.evidence.Statement;
import dev.interlock.oauth.OAuthGrant;
import dev.interlock.vault.VaultSeals.RefusalException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Stores the upstreams' secrets, and opens the one that fits an attempt. An attempt that destroys, and anything in the
 * protected store, opens only for a proof that the vault has checked itself: seal, statement, signatures, and that it
 * was never used here before. Threading: any thread; opening takes no lock, administration takes one.
 */
public final class Vault implements CredentialKeeper {

    /** The keys, pinned from outside, of which {@code quorum} must sign a seal. */
    public record PinnedSealKeys(Set<SshPublicKey> keys, int quorum) {
        public PinnedSealKeys {
            keys = Set.copyOf(keys);
            if (quorum < 1 || quorum > keys.size()) {
                throw new IllegalArgumentException("the quorum of sealers is between 1 and the number of their keys");
            }
        }
    }

    /** Returns the DSSE envelope of the seal with a given id; the vault itself checks that it is that seal. */
    @FunctionalInterface
    public interface EnvelopeSource {
        byte[] envelope(String seal) throws IOException;
    }

    /** The statement's bytes that people signed, and their signatures; with {@code use}, for another call like that. */
    public record ConfirmationProof(Bytes statement, List<String> signatures, Optional<GrantUse> use) {
        public ConfirmationProof {
            signatures = List.copyOf(signatures);
        }

        public ConfirmationProof(Bytes statement, List<String> signatures) {
            this(statement, signatures, Optional.empty());
        }
    }

    /** The use of a grant: its number, from 1, which no other use has, and the call's canonical meaning and request. */
    public record GrantUse(long number, Bytes meaning, Bytes request) {}

    /** A slot with a secret, and the other slots that hold the same, as far as known without opening one. */
    public record FilledSlot(String name, Store store, Set<String> same) {
        public FilledSlot {
            same = Collections.unmodifiableSet(new TreeSet<>(same));
        }
    }

    /** The slot of a known secret, and the upstream that uses it, if the seal in force says so. */
    public record KnownSecret(String slot, Optional<String> upstream) {}

    /** A credential found in files, the decoy that is there now, and where, in the words of its finder. */
    public record AdoptedCredential(Secret original, Secret decoy, String where) {}

    private static final String ONLY_READS =
            "The seal has no credential for this upstream, so only reads are possible.";

    private static final String ORIGINAL = "original-";
    static final String DECOY = "decoy-";
    private static final String WHERE = "where-";

    /** What a keys process says of every credential once people expelled its node. */
    public static final String EXPELLED = "People expelled this node from its fleet, so it opens no credential.";

    private final Path root;
    private final StoreDirectory ordinary;
    private final StoreDirectory guarded;
    private final StoreDirectory adopted;
    private volatile StoreDirectory undo;
    private final GrantStore grants;
    private final SlotFingerprints fingerprints;
    private final SpentNonces spent;
    private final UsedIntents used;
    private final VaultSeals seals;
    private final InstantSource clock;
    private final SecretSlotIndex known;
    private final FetchedSecretCache fetched;
    private final GrantRefresh granting;
    private final FetchedSecretCache accessTokens;
    private final SecretMatcherCache traced;
    private final FleetKeys fleetKeys;
    /** Whether people have signed a fleet without this node. */
    private volatile boolean expelled;

    private Vault(
            Path root,
            PinnedSealKeys pins,
            String log,
            EnvelopeSource envelopes,
            InstantSource clock,
            SecureRandom random)
            throws IOException {
        VaultFiles.directory(root);
        this.root = root;
        this.ordinary = StoreDirectory.at(root, Store.ORDINARY);
        this.guarded = StoreDirectory.at(root, Store.PROTECTED);
        this.adopted = StoreDirectory.at(root, Store.ADOPTED);
        this.undo = StoreDirectory.at(root, Store.UNDO);
        this.fingerprints = SlotFingerprints.at(root, random);
        this.spent = SpentNonces.at(root);
        this.seals = new VaultSeals(root, pins, envelopes, clock);
        this.clock = clock;
        this.used = new UsedIntents(log, clock.instant());
        StoreDirectory granted = StoreDirectory.at(root, Store.GRANTS);
        this.grants = new GrantStore(granted, fingerprints);
        this.known = new SecretSlotIndex(List.of(ordinary, guarded, adopted, granted), fingerprints);
        SecretMatcher.TraceKey key = SecretMatcher.TraceKey.random(random);
        this.fetched = cache(new Fetcher(Fetcher.PATIENCE), key);
        this.granting = new GrantRefresh(grants, clock);
        this.accessTokens = cache(granting, key);
        this.traced = new SecretMatcherCache(
                List.of(ordinary, guarded), adopted, granted, List.of(fetched, accessTokens), key);
        this.fleetKeys = new FleetKeys(root.resolve("fleet"), pins);
        this.expelled = fleetKeys.isExpelled();
    }

    private FetchedSecretCache cache(FetchedSecretCache.SecretFetch fetch, SecretMatcher.TraceKey key) {
        return new FetchedSecretCache(fetch, FetchedSecretCache.WAIT, fingerprints, key, clock);
    }

    /**
     * Opens the vault in {@code root}, and makes it if there is none. Fails if others could read a file of it.
     *
     * @param log the origin of the log, pinned from outside, where witnesses must have seen the intents
     */
    public static Vault at(
            Path root,
            PinnedSealKeys pins,
            String log,
            EnvelopeSource envelopes,
            InstantSource clock,
            SecureRandom random)
            throws IOException {
        return new Vault(root, pins, log, envelopes, clock, random);
    }

    public void put(String slot, Store store, Secret secret) throws IOException {
        put(slot, store, SlotContent.token(secret));
    }

    /** Stores {@code kept} in a slot, and deletes the slot's previous contents from either store. */
    public synchronized void put(String slot, Store store, SlotContent kept) throws IOException {
        StoreDirectory other = switch (store) {
            case ORDINARY -> guarded;
            case PROTECTED -> ordinary;
            case ADOPTED, GRANTS, UNDO, FLEET -> throw new IllegalArgumentException("this store has no slots");
        };
        write(directory(store), slot, kept);
        other.remove(slot);
        removeUnusedGrants();
    }

    void write(StoreDirectory store, String slot, SlotContent kept) throws IOException {
        Optional<String> fingerprint = switch (kept.origin()) {
            case SlotContent.SecretOrigin.CopiedSecret(Secret secret) -> Optional.of(fingerprints.of(secret));
            case SlotContent.SecretOrigin.FetchCommand _ -> Optional.empty();
            // Slots with the same grant are known to hold the same.
            case SlotContent.SecretOrigin.GrantReference(String name) ->
                Optional.of(fingerprints.of(new Secret("grant " + name)));
        };
        store.put(slot, kept, fingerprint);
    }

    /** Returns this node's keys in its fleet, for a person's command. */
    public FleetKeys fleet() {
        return fleetKeys;
    }

    synchronized FleetAnswer exchange(List<FleetRow> rows, Bytes fingerprint) throws IOException {
        List<StoreDirectory> shared = List.of(ordinary, guarded, adopted);
        FleetAnswer answer =
                fleetKeys.exist() ? new Fleet(root, this, shared, rows, fingerprint).run() : FleetAnswer.NONE;
        expelled = fleetKeys.isExpelled();
        return answer;
    }

    VaultSeals seals() {
        return seals;
    }

    void reloadUndo() throws IOException {
        undo = StoreDirectory.at(root, Store.UNDO);
    }

    /** Stores the grant {@code name}. A slot must refer to it already: unused grants are removed. */
    public synchronized void putGrant(String name, OAuthGrant grant) throws IOException {
        grants.put(name, grant);
    }

    /** Returns the grants that their servers accept no more, as far as calls have shown. */
    List<EndedGrant> endedGrants() throws IOException {
        return granting.ended();
    }

    public Optional<String> grantOf(String slot) throws IOException {
        for (StoreDirectory store : List.of(ordinary, guarded)) {
            Optional<SlotContent> kept = store.get(slot);
            if (kept.isPresent()
                    && kept.get().origin() instanceof SlotContent.SecretOrigin.GrantReference(String name)) {
                return Optional.of(name);
            }
        }
        return Optional.empty();
    }

    /** Removes the grants to which no slot refers. A slot that cannot be read may refer to any of them. */
    private void removeUnusedGrants() throws IOException {
        Set<String> unused = grants.names();
        try {
            for (FilledSlot slot : unused.isEmpty() ? List.<FilledSlot>of() : list()) {
                grantOf(slot.name()).ifPresent(unused::remove);
            }
        } catch (IOException _) {
            return;
        }
        for (String name : unused) {
            grants.remove(name);
        }
    }

    /** Stores a credential that was taken out of files, to be restored, and its decoy, to be recognised anywhere. */
    public synchronized void adopt(String id, AdoptedCredential what) throws IOException {
        keep(WHERE + id, new Secret(what.where()), Optional.empty());
        keep(DECOY + id, what.decoy(), Optional.of(fingerprints.of(what.decoy())));
        keep(ORIGINAL + id, what.original(), Optional.of(fingerprints.of(what.original())));
    }

    private void keep(String name, Secret secret, Optional<String> fingerprint) throws IOException {
        adopted.put(name, SlotContent.token(secret), fingerprint);
    }

    public synchronized List<String> adopted() throws IOException {
        return adopted.entries().stream()
                .map(StoreDirectory.SlotEntry::slot)
                .filter(name -> name.startsWith(ORIGINAL))
                .map(name -> name.substring(ORIGINAL.length()))
                .toList();
    }

    public synchronized Optional<AdoptedCredential> adopted(String id) throws IOException {
        Optional<SlotContent> original = adopted.get(ORIGINAL + id);
        Optional<SlotContent> decoy = adopted.get(DECOY + id);
        Optional<SlotContent> where = adopted.get(WHERE + id);
        return original.isPresent() && decoy.isPresent() && where.isPresent()
                ? Optional.of(new AdoptedCredential(
                        original.get().copied(),
                        decoy.get().copied(),
                        where.get().copied().use(text -> text)))
                : Optional.empty();
    }

    public synchronized void forgetAdopted(String id) throws IOException {
        for (String what : List.of(ORIGINAL, DECOY, WHERE)) {
            adopted.remove(what + id);
        }
    }

    public boolean isDecoy(Secret secret) throws IOException {
        return known.slotOf(secret).filter(slot -> slot.startsWith(DECOY)).isPresent();
    }

    public synchronized boolean remove(String slot) throws IOException {
        boolean wasOrdinary = ordinary.remove(slot);
        boolean wasGuarded = guarded.remove(slot);
        removeUnusedGrants();
        return wasOrdinary || wasGuarded;
    }

    public Set<String> filled() throws IOException {
        return list().stream().map(FilledSlot::name).collect(Collectors.toCollection(TreeSet::new));
    }

    @Override
    public List<FilledSlot> list() throws IOException {
        Map<Store, List<StoreDirectory.SlotEntry>> entries = new EnumMap<>(Store.class);
        for (Store store : List.of(Store.ORDINARY, Store.PROTECTED)) {
            entries.put(store, directory(store).entries());
        }
        Map<String, Set<String>> holding = new HashMap<>();
        entries.values().stream()
                .flatMap(List::stream)
                .forEach(entry -> entry.fingerprint()
                        .ifPresent(fingerprint -> holding.computeIfAbsent(fingerprint, _ -> new TreeSet<>())
                                .add(entry.slot())));
        List<FilledSlot> slots = new ArrayList<>();
        entries.forEach((store, here) -> here.forEach(entry -> slots.add(new FilledSlot(
                entry.slot(),
                store,
                others(entry, entry.fingerprint().map(holding::get).orElse(Set.of()))))));
        return List.copyOf(slots);
    }

    private static Set<String> others(StoreDirectory.SlotEntry entry, Set<String> holding) {
        Set<String> others = new TreeSet<>(holding);
        others.remove(entry.slot());
        return others;
    }

    /** Returns whether any slot's secret is fetched from elsewhere, by a command or with a grant. */
    public boolean fetchesSecrets() throws IOException {
        for (FilledSlot slot : list()) {
            Optional<SlotContent> kept = directory(slot.store()).get(slot.name());
            if (kept.isPresent() && !(kept.get().origin() instanceof SlotContent.SecretOrigin.CopiedSecret)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public CredentialResult open(
            String seal, ResolvedAttempt sensed, Optional<ConfirmationProof> proof, Optional<SeenIntent> seen)
            throws IOException {
        return open(seal, CredentialNeed.of(sensed, proof.isPresent() || seen.isPresent()), proof, seen);
    }

    CredentialResult open(String id, CredentialNeed need, Optional<ConfirmationProof> proof, Optional<SeenIntent> seen)
            throws IOException {
        try {
            VerifiedSeal seal = seals.see(id);
            Optional<CredentialSlot> slot = choose(seal, need);
            if (slot.isEmpty() && proof.isPresent()) {
                throw new RefusalException(ONLY_READS);
            }
            if (slot.isEmpty()) {
                return new CredentialResult.NoCredentialNeeded();
            }
            Optional<String> unseen = need.unseen(seal.document(), seen, used, clock.instant());
            if (unseen.isPresent()) { // before the confirmation is used
                throw new RefusalException(unseen.get());
            }
            boolean guardedHere = seal.store(slot.get()) == Store.PROTECTED;
            // An unrequested proof is checked as well: a caller with a bad one is refused.
            boolean mustProve = guardedHere
                    || need.impacts().contains(Impact.DESTROY)
                    || (need.impacts().contains(Impact.PRIVILEGE)
                            && slot.get().impacts().contains(Impact.DESTROY))
                    || seal.needsProof(need.grave(), need.environments())
                    || proof.isPresent();
            if (mustProve) {
                prove(seal, need, proof);
            }
            return unseal(seal, upstream(seal, need.upstream()), slot.get(), mustProve);
        } catch (RefusalException e) {
            return new CredentialResult.CredentialRefused(e.why);
        }
    }

    @Override
    public Optional<String> obstacle(String seal, ResolvedAttempt sensed) throws IOException {
        return obstacle(seal, CredentialNeed.of(sensed, false));
    }

    Optional<String> obstacle(String id, CredentialNeed need) throws IOException {
        try {
            VerifiedSeal seal = seals.see(id);
            Optional<CredentialSlot> slot = choose(seal, need);
            if (slot.isEmpty()) {
                return Optional.of(ONLY_READS); // nothing opens there for a confirmation
            }
            if (expelled) {
                return Optional.of(EXPELLED);
            }
            Store store = seal.store(slot.get());
            return directory(store).holds(slot.get().name()) ? Optional.empty() : Optional.of(empty(slot.get()));
        } catch (RefusalException e) {
            return Optional.of(e.why);
        }
    }

    @Override
    public CredentialResult resolver(String id, String name) throws IOException {
        try {
            VerifiedSeal seal = seals.see(id);
            CredentialSlot slot = Optional.ofNullable(seal.upstreams().get(name))
                    .flatMap(SealedUpstream::resolver)
                    .orElseThrow(() -> new RefusalException("The seal names no resolver for this upstream."));
            if (!slot.impacts().equals(Set.of(Impact.READ))) {
                throw new RefusalException(
                        "A resolver's credential must only read, but the seal permits more for this one.");
            }
            return unseal(seal, upstream(seal, name), slot, false);
        } catch (RefusalException e) {
            return new CredentialResult.CredentialRefused(e.why);
        }
    }

    @Override
    public Optional<KnownSecret> slotHolding(Secret secret) {
        try {
            return known.slotOf(secret)
                    .or(() -> fetched.slotOf(secret))
                    .or(() -> accessTokens.slotOf(secret))
                    .map(slot -> new KnownSecret(slot, seals.latest().flatMap(seal -> seal.upstreamOf(slot))));
        } catch (IOException _) {
            return Optional.empty(); // this only names the slot for an alert; the attempt is refused in any case
        }
    }

    @Override
    public Bytes encrypt(String name, Bytes plain) {
        return undo.encrypt(name, plain);
    }

    @Override
    public Bytes decrypt(String name, Bytes encrypted) throws IOException {
        return undo.decrypt(name, encrypted);
    }

    @Override
    public SecretMatcher secretMatcher() throws IOException {
        return traced.traces();
    }

    private static SealedUpstream upstream(VerifiedSeal seal, String name) throws RefusalException {
        SealedUpstream upstream = seal.upstreams().get(name);
        if (upstream == null) {
            throw new RefusalException("The seal does not name this upstream.");
        }
        return upstream;
    }

    /** Returns the slot whose credential a call is sent with; empty if it needs none. */
    private static Optional<CredentialSlot> choose(VerifiedSeal seal, CredentialNeed need) throws RefusalException {
        SealedUpstream upstream = upstream(seal, need.upstream());
        if (upstream.isOpenToAll()) {
            // An agent may only read there, even if the upstream lets everybody do more.
            if (!need.impacts().equals(Set.of(Impact.READ))) {
                throw new RefusalException(ONLY_READS);
            }
            return Optional.empty();
        }
        List<CredentialSlot> fitting = upstream.covering(need.impacts(), need.environments());
        if (fitting.size() != 1) {
            throw new RefusalException(
                    fitting.isEmpty()
                            ? "No credential covers all impacts of this request."
                            : "Several credentials match this request, and none is more specific.");
        }
        return Optional.of(fitting.getFirst());
    }

    private static String empty(CredentialSlot slot) {
        return "The vault has no secret for `" + slot.name() + "`: a person must run `interlock vault put "
                + slot.name() + "`.";
    }

    private void prove(VerifiedSeal seal, CredentialNeed need, Optional<ConfirmationProof> proof)
            throws IOException, RefusalException {
        if (proof.isEmpty()) {
            throw new RefusalException("This credential opens only for a confirmation, and there is none.");
        }
        Optional<String> flaw = new ProofCheck(seal, need, clock.instant()).flaw(proof.get());
        if (flaw.isPresent()) {
            throw new RefusalException(flaw.get());
        }
        Statement statement = Statement.read(proof.get().statement().toArray());
        if (statement
                .plan()
                .flatMap(PlanStep::after)
                .filter(mark -> !spent.isSpent(mark))
                .isPresent()) {
            throw new RefusalException("The step before this one of the plan that people signed was not used.");
        }
        // The nonce is spent before the secret is even read: a failure after this costs a new confirmation, never a
        // second use. Each use of a grant spends one of its own.
        String nonce = statement.nonce()
                + proof.get().use().map(use -> "#" + use.number()).orElse("");
        if (!spent.spend(nonce, statement.hold())) {
            throw new RefusalException("This confirmation has been used already.");
        }
    }

    private CredentialResult unseal(VerifiedSeal seal, SealedUpstream upstream, CredentialSlot slot, boolean fresh)
            throws IOException, RefusalException {
        if (expelled) {
            throw new RefusalException(EXPELLED);
        }
        Store store = seal.store(slot);
        SlotContent kept = directory(store).get(slot.name()).orElseThrow(() -> new RefusalException(empty(slot)));
        // With another field or scheme, a user and a password would be sent where nobody expects them.
        if (kept.user().isPresent() && !SlotContent.isBasic(slot)) {
            throw new RefusalException(
                    "The vault has a user and a password for `" + slot.name()
                            + "`, but the seal sends another scheme: a person must write `header: authorization, scheme: Basic` there.");
        }
        Secret secret = switch (kept.origin()) {
            case SlotContent.SecretOrigin.CopiedSecret(Secret copied) -> copied;
            case SlotContent.SecretOrigin.FetchCommand(List<String> command) -> fetch(slot, kept, command, fresh);
            case SlotContent.SecretOrigin.GrantReference(String name) -> granted(upstream, slot, name);
        };
        return new CredentialResult.CredentialOpened(
                new OpenedCredential(slot.name(), slot.header(), slot.scheme(), kept.sent(secret), upstream.address()));
    }

    /** Returns what a command fetches. A secret that needed a proof is fetched anew, for that one call. */
    private Secret fetch(CredentialSlot slot, SlotContent kept, List<String> command, boolean fresh)
            throws IOException, RefusalException {
        try {
            Secret secret = fetched.get(slot.name(), command, fresh);
            if (kept.user().isPresent() && secret.<Integer>use(String::length) < SlotContent.MIN_PASSWORD) {
                throw new Fetcher.FetchException("printed a password that is too short");
            }
            return secret;
        } catch (Fetcher.FetchException e) {
            throw new RefusalException("The command that fetches `" + slot.name() + "` " + e.getMessage() + ".");
        }
    }

    /** Returns an access token of the grant {@code name}, if the seal sends it where it was granted. */
    private Secret granted(SealedUpstream upstream, CredentialSlot slot, String name)
            throws IOException, RefusalException {
        OAuthGrant grant = grants.latest(name)
                .orElseThrow(() -> new RefusalException("The vault has no grant `" + name + "`, which `" + slot.name()
                        + "` needs: " + GrantRefresh.renewal(name) + "."));
        // INVARIANT: a person granted access to one server, and no other one gets the token.
        if (!OpenedCredential.isSameOrigin(grant.server(), upstream.address())) {
            throw new RefusalException("The grant `" + name + "` is for `"
                    + grant.server().getHost() + "`, but the seal sends it elsewhere.");
        }
        try {
            return accessTokens.get(name, List.of(grant.id()), false);
        } catch (Fetcher.FetchException e) {
            throw new RefusalException("The grant `" + name + "` " + e.getMessage() + ".");
        }
    }

    private StoreDirectory directory(Store store) {
        return switch (store) {
            case ORDINARY -> ordinary;
            case PROTECTED -> guarded;
            case ADOPTED -> adopted;
            case GRANTS, FLEET -> throw new IllegalArgumentException("this store has no slots");
            case UNDO -> undo;
        };
    }
}
