package dev.interlock.evidence;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The signed result of a restore test of a backup ({@code docs/formats/backup.md}): an attestation.
 *
 * @param plan as the seal names it
 * @param of the resource that the backup is a copy of
 * @param backup its name in the plan
 * @param triedAt when it was restored, or tried
 * @param wrong what was wrong with it; empty if everything was restored
 * @param takenAt the moment whose state it holds; {@link Instant#MIN} if it could not even be read
 */
public record RestoreAttestation(
        String plan, String of, String backup, Instant triedAt, List<String> wrong, Instant takenAt) {

    /** The SSHSIG namespace for these attestations, and nothing else. */
    public static final String NAMESPACE = "interlock-restore@v1";

    /** The type of the JSON value. */
    public static final String TYPE = "interlock-restore@v1";

    private static final String APART = "apart";

    private static final String SEQUENCES = "sequences_known";

    private static final String EXTENSIONS = "extensions_uncompared";

    private static final int MAX_EXTENSIONS = 16;

    private static final String BESIDE = "beside";

    /** The maximum number of database names. A server may have thousands, and nobody reads that many. */
    private static final int MAX_BESIDE = 16;

    private static final String ORIGIN = "origin_sha256";

    private static final String TARGET = "target_sha256";

    private static final Pattern NAME = Pattern.compile("[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}");

    public RestoreAttestation {
        wrong = List.copyOf(wrong);
    }

    /**
     * Returns whether {@code name} has the form of a name that Interlock gives to backups: the time it was begun, and
     * six random digits. Anybody who can write to the target could choose other names, and readers would take such a
     * name for the signer's text.
     */
    public static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }

    /** Returns whether everything was restored. */
    public boolean isWhole() {
        return wrong.isEmpty();
    }

    /**
     * Returns whether the tester of the backup also saw that it lies on another device than its source. If nobody could
     * check, only the seal says so.
     */
    public static boolean isSeparationSeen(Json.Members said) {
        return said.optionalText("separation").filter(APART::equals).isPresent();
    }

    /** Returns {@code word} with the note that the sequences were not compared, because their positions are unknown. */
    public static Json.Members withoutSequences(Json.Members word) {
        return word.with(SEQUENCES, false);
    }

    /** Returns whether sequences were compared, as far as there were any. */
    public static boolean isSequencesKnown(Json.Members said) {
        return said.get(SEQUENCES).isEmpty();
    }

    /**
     * Returns {@code word} with a note about {@code extensions}: nobody could tell whether they re-created what
     * belonged to them. Only the first ones are noted, and nothing if there are none.
     */
    public static Json.Members withoutExtensions(Json.Members word, Collection<String> extensions) {
        return extensions.isEmpty()
                ? word
                : word.withTexts(EXTENSIONS, new TreeSet<>(extensions).stream().limit(MAX_EXTENSIONS));
    }

    /** Returns the extensions that {@code said} notes as not compared. */
    public static List<String> extensionsUncompared(Json.Members said) {
        return said.texts(EXTENSIONS);
    }

    /** Returns {@code word} with {@code origin}, the SHA-256 of the backup's source as the manifest writes it. */
    public static Json.Members withOrigin(Json.Members word, String origin) {
        return word.with(ORIGIN, origin);
    }

    /** Returns the SHA-256 of the backup's source as its manifest writes it. Older attestations do not have it. */
    public static Optional<String> origin(Json.Members said) {
        return said.optionalText(ORIGIN);
    }

    /**
     * Returns {@code word} with {@code target}, the SHA-256 of the description of the target that the backup lay in.
     */
    public static Json.Members withTarget(Json.Members word, String target) {
        return word.with(TARGET, target);
    }

    /** Returns the SHA-256 of the description of the target at the restore test. Older attestations do not have it. */
    public static Optional<String> target(Json.Members said) {
        return said.optionalText(TARGET);
    }

    /**
     * The databases on the same server that no plan saved, as far as the backup process knew.
     *
     * @param count how many
     * @param names of the first of them, in their order
     */
    public record UnsavedDatabaseList(long count, List<String> names) {
        public UnsavedDatabaseList {
            names = List.copyOf(names);
        }

        /** Returns a text for people. */
        public String words() {
            long more = count - names.size();
            return String.join(", ", names) + (more > 0 ? " and " + more + " more" : "");
        }
    }

    /**
     * Returns {@code word} with the {@code databases} on the source's server that no plan saved; unchanged if there are
     * none. Names that read alike are counted once.
     */
    public static Json.Members unsavedDatabases(Json.Members word, Collection<String> databases) {
        if (databases.isEmpty()) {
            return word;
        }
        Collection<String> names = new TreeSet<>(databases);
        return word.with(
                BESIDE,
                Json.object()
                        .with("count", names.size())
                        .withTexts("names", names.stream().limit(MAX_BESIDE)));
    }

    /** Returns what {@code said} notes about other databases; empty if there were none, or nobody checked. */
    public static Optional<UnsavedDatabaseList> unsavedDatabases(Json.Members said) {
        return said.get(BESIDE)
                .map(_ -> said.object(BESIDE))
                .map(beside -> new UnsavedDatabaseList(beside.whole("count"), beside.texts("names")));
    }

    /**
     * Reads {@code json} if one of the attesting keys in {@code sealed} signed exactly that. Its plan must be in the
     * seal and must save what it names.
     *
     * @throws MalformedException if it is no restoration
     * @throws UnknownPlanException if the seal has no such plan
     * @throws BadSignatureException if no key that counts signed it
     */
    public static RestoreAttestation verify(SealDocument.AttestationRules sealed, Json.Members json, String signature)
            throws BadSignatureException {
        requireAttester(sealed, json, signature);
        RestoreAttestation restoration = read(json);
        SealDocument.SealedPlan plan = sealed.plans().get(restoration.plan());
        if (plan == null || !plan.of().equals(restoration.of())) {
            throw new UnknownPlanException(restoration.plan(), restoration.of());
        }
        return restoration;
    }

    /**
     * Returns what is wrong with {@code act} if it records an attestation that no attesting key signed. Empty without
     * the seal, because then nobody can tell.
     */
    static Optional<String> objection(Receipt act, Map<String, SealDocument> seals) {
        Json.Members members = act.members();
        if (!members.get("command").equals(Optional.of(new Json.Text("backup.attest")))
                || members.get("attestation").isEmpty()) { // a rejected attempt claims nothing
            return Optional.empty();
        }
        try {
            SealDocument seal = seals.get(members.text("seal"));
            if (seal != null) {
                requireAttester(seal.backups(), members.object("attestation"), members.text("signature"));
            }
            return Optional.empty();
        } catch (MalformedException | BadSignatureException e) {
            return Optional.of("its attestation of a backup is not valid: " + e.getMessage());
        }
    }

    private static void requireAttester(SealDocument.AttestationRules sealed, Json.Members json, String signature)
            throws BadSignatureException {
        SshSignature.VerifiedSshSignature verified =
                SshSignature.parse(signature).verify(json.canonical(), NAMESPACE);
        if (!sealed.attesters().contains(verified.key())) {
            throw new BadSignatureException("`" + verified.key() + "` is not a key that the seal names for backups");
        }
    }

    private static RestoreAttestation read(Json.Members json) {
        StrictFields fields = new StrictFields(json);
        fields.constant("type", TYPE);
        String plan = fields.name("plan");
        String of = fields.name("of");
        String backup = fields.name("backup");
        if (!isName(backup)) {
            throw new MalformedException("its `backup` is not the name of a backup");
        }
        Instant triedAt = fields.instant("tried_at");
        boolean restored = fields.flag("restored");
        List<String> wrong = fields.texts("wrong");
        if (restored != wrong.isEmpty()) {
            throw new MalformedException("it states both a restore time and faults");
        }
        boolean known = fields.optionalText("taken_at").isPresent();
        if (known) {
            fields.name("separation");
            requireAmount(fields);
            fields.count("bytes");
            fields.count("took_seconds");
            requireNoIdleWord(fields);
            fields.optionalTexts(EXTENSIONS).ifPresent(RestoreAttestation::requireExtensions);
            fields.optionalObject(BESIDE).ifPresent(RestoreAttestation::requireBeside);
            for (String digest : List.of(ORIGIN, TARGET)) {
                if (fields.optionalText(digest).isPresent()) {
                    fields.digest(digest);
                }
            }
        }
        Instant takenAt = known ? fields.instant("taken_at") : Instant.MIN;
        if (restored && (!known || takenAt.isAfter(triedAt))) {
            throw new MalformedException("it states a restore time but not when the backup was taken");
        }
        fields.end();
        return new RestoreAttestation(plan, of, backup, triedAt, wrong, takenAt);
    }

    /** Allows the member only with the value false: every attestation has one form. */
    private static void requireNoIdleWord(StrictFields fields) {
        if (fields.optionalFlag(SEQUENCES).filter(known -> known).isPresent()) {
            throw new MalformedException("`" + SEQUENCES + "` may only be false or absent");
        }
    }

    /** Every attestation has one form. */
    private static void requireExtensions(List<String> names) {
        if (names.isEmpty() || names.size() > MAX_EXTENSIONS || !names.equals(List.copyOf(new TreeSet<>(names)))) {
            throw new MalformedException("`" + EXTENSIONS + "` does not name extensions");
        }
    }

    /** Every attestation has one form. */
    private static void requireBeside(Json.Members beside) {
        StrictFields fields = new StrictFields(beside);
        long count = fields.count("count");
        List<String> names = fields.texts("names");
        fields.end();
        if (names.isEmpty()
                || names.size() != Math.min(count, MAX_BESIDE)
                || !names.equals(List.copyOf(new TreeSet<>(names)))) {
            throw new MalformedException("`" + BESIDE + "` does not name the databases that it counts");
        }
    }

    /**
     * Checks the amount: a database is counted in rows, a directory in files, the copy of an external program in parts.
     */
    private static void requireAmount(StrictFields fields) {
        if (fields.optionalCount("files").isPresent()) {
            fields.count("content_bytes");
        } else if (fields.optionalCount("parts").isPresent()) {
            fields.count("counted");
        } else {
            fields.count("tables");
            fields.count("rows");
        }
    }
}
