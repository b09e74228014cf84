package dev.interlock.evidence;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What came of restoring a backup, by the word of whoever restored it ({@code docs/formats/backup.md}).
 *
 * @param plan as the seal names it
 * @param of what the backup is a copy of
 * @param backup its name in the plan
 * @param triedAt when it was restored, or tried
 * @param wrong what was wrong with it; empty if everything was there again
 * @param takenAt the moment whose state it holds; {@link Instant#MIN} if it could not even be read
 */
public record Restoration(String plan, String of, String backup, Instant triedAt, List<String> wrong, Instant takenAt) {

    /** The SSHSIG namespace in which these, and nothing else, are signed. */
    public static final String NAMESPACE = "interlock-restore@v1";

    /** The type of the JSON value. */
    public static final String TYPE = "interlock-restore@v1";

    private static final String APART = "apart";

    private static final String SEQUENCES = "sequences_known";

    private static final String EXTENSIONS = "extensions_uncompared";

    private static final int MAX_EXTENSIONS = 16;

    private static final String BESIDE = "beside";

    /** A server may have thousands; who reads of that many has read enough. */
    private static final int MAX_BESIDE = 16;

    private static final String ORIGIN = "origin_sha256";

    private static final String TARGET = "target_sha256";

    private static final Pattern NAME = Pattern.compile("[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}");

    public Restoration {
        wrong = List.copyOf(wrong);
    }

    /**
     * Whether {@code name} is one as whoever takes backups gives them: when it was begun, and six digits by chance.
     * Whoever may write where backups lie gives names of their own, which would be read as words of who signs them.
     */
    public static boolean isName(String name) {
        return NAME.matcher(name).matches();
    }

    /** Whether everything was there again. */
    public boolean isWhole() {
        return wrong.isEmpty();
    }

    /**
     * Whether whoever restored the backup that {@code said} is of saw, too, that it lies on another device than what it
     * is a copy of. Where nobody could look, it does by the seal's word alone.
     */
    public static boolean isSeenApart(Json.Members said) {
        return said.optionalText("separation").filter(APART::equals).isPresent();
    }

    /** {@code word}, of a backup of which nobody knew where its sequences stood: they were not compared. */
    public static Json.Members withoutSequences(Json.Members word) {
        return word.with(SEQUENCES, false);
    }

    /** Whether sequences were compared, as far as there were any. */
    public static boolean isSequencesKnown(Json.Members said) {
        return said.get(SEQUENCES).isEmpty();
    }

    /**
     * {@code word}, of a backup with {@code extensions} of which nobody could tell whether they have made again what
     * belonged to them; it says only if any, and of the first of them.
     */
    public static Json.Members withoutExtensions(Json.Members word, Collection<String> extensions) {
        return extensions.isEmpty()
                ? word
                : word.withTexts(
                        EXTENSIONS,
                        new TreeSet<>(extensions).stream().limit(MAX_EXTENSIONS).toList());
    }

    /** Of which extensions {@code said} says so. */
    public static List<String> extensionsUncompared(Json.Members said) {
        return said.texts(EXTENSIONS);
    }

    /** {@code word}, of a backup whose source, as it is written in its manifest, has the SHA-256 {@code origin}. */
    public static Json.Members withOrigin(Json.Members word, String origin) {
        return word.with(ORIGIN, origin);
    }

    /** The SHA-256 of what the backup is of, as its manifest writes that; words from before do not say it. */
    public static Optional<String> origin(Json.Members said) {
        return said.optionalText(ORIGIN);
    }

    /** {@code word}, of a backup that lay where what is written of that place has the SHA-256 {@code target}. */
    public static Json.Members withTarget(Json.Members word, String target) {
        return word.with(TARGET, target);
    }

    /** The SHA-256 of where it lay when it was tried; words from before do not say it. */
    public static Optional<String> target(Json.Members said) {
        return said.optionalText(TARGET);
    }

    /**
     * The databases that were on the same server and that no plan saved, as far as whoever took the backup knew.
     *
     * @param count how many
     * @param names of the first of them, in their order
     */
    public record Beside(long count, List<String> names) {
        public Beside {
            names = List.copyOf(names);
        }

        /** As people read it. */
        public String words() {
            long more = count - names.size();
            return String.join(", ", names) + (more > 0 ? " and " + more + " more" : "");
        }
    }

    /**
     * {@code word}, of a backup beside whose source were {@code databases} that no plan saved; it says only if any.
     * Those whose names read alike are one.
     */
    public static Json.Members beside(Json.Members word, Collection<String> databases) {
        if (databases.isEmpty()) {
            return word;
        }
        Collection<String> names = new TreeSet<>(databases);
        return word.with(
                BESIDE,
                Json.object()
                        .with("count", names.size())
                        .withTexts("names", names.stream().limit(MAX_BESIDE).toList()));
    }

    /** What {@code said} says of other databases; nothing if there were none, or nobody looked. */
    public static Optional<Beside> beside(Json.Members said) {
        return said.get(BESIDE)
                .map(_ -> said.object(BESIDE))
                .map(beside -> new Beside(beside.whole("count"), beside.texts("names")));
    }

    /**
     * What {@code json} says, if a key that is {@code sealed} for it signed exactly that, about a plan of the seal and
     * what that plan saves.
     *
     * @throws MalformedException if it is no restoration
     * @throws UnsealedPlanException if the seal knows of no such plan
     * @throws BadSignatureException if nobody who counts signed it
     */
    public static Restoration verify(SealDocument.Backups sealed, Json.Members json, String signature)
            throws BadSignatureException {
        SshSignature.Verified verified = SshSignature.parse(signature).verify(json.canonical(), NAMESPACE);
        if (!sealed.attesters().contains(verified.key())) {
            throw new BadSignatureException("`" + verified.key() + "` is not a key that the seal names for backups");
        }
        Restoration restoration = read(json);
        SealDocument.BackupPlan plan = sealed.plans().get(restoration.plan());
        if (plan == null || !plan.of().equals(restoration.of())) {
            throw new UnsealedPlanException(restoration.plan(), restoration.of());
        }
        return restoration;
    }

    private static Restoration read(Json.Members json) {
        Fields fields = new Fields(json);
        fields.constant("type", TYPE);
        String plan = fields.name("plan");
        String of = fields.name("of");
        String backup = fields.name("backup");
        if (!isName(backup)) {
            throw new MalformedException("what it calls `backup` is no name of one");
        }
        Instant triedAt = fields.instant("tried_at");
        boolean restored = fields.flag("restored");
        List<String> wrong = fields.texts("wrong");
        if (restored != wrong.isEmpty()) {
            throw new MalformedException("it says both that it was restored and what was wrong");
        }
        boolean known = fields.optionalText("taken_at").isPresent();
        if (known) {
            fields.name("separation");
            requireAmount(fields);
            fields.count("bytes");
            fields.count("took_seconds");
            requireNoIdleWord(fields);
            fields.optionalTexts(EXTENSIONS).ifPresent(Restoration::requireExtensions);
            fields.optionalObject(BESIDE).ifPresent(Restoration::requireBeside);
            for (String digest : List.of(ORIGIN, TARGET)) {
                if (fields.optionalText(digest).isPresent()) {
                    fields.digest(digest);
                }
            }
        }
        Instant takenAt = known ? fields.instant("taken_at") : Instant.MIN;
        if (restored && (!known || takenAt.isAfter(triedAt))) {
            throw new MalformedException("it says that it was restored, and not from when it is");
        }
        fields.end();
        return new Restoration(plan, of, backup, triedAt, wrong, takenAt);
    }

    /** Whether its sequences were compared is said only where they were not: one word, one form. */
    private static void requireNoIdleWord(Fields fields) {
        if (fields.optionalFlag(SEQUENCES).filter(known -> known).isPresent()) {
            throw new MalformedException("`" + SEQUENCES + "` is said only where it is false");
        }
    }

    /** One word, one form. */
    private static void requireExtensions(List<String> names) {
        if (names.isEmpty() || names.size() > MAX_EXTENSIONS || !names.equals(List.copyOf(new TreeSet<>(names)))) {
            throw new MalformedException("`" + EXTENSIONS + "` does not name extensions");
        }
    }

    /** One word, one form. */
    private static void requireBeside(Json.Members beside) {
        Fields fields = new Fields(beside);
        long count = fields.count("count");
        List<String> names = fields.texts("names");
        fields.end();
        if (names.isEmpty()
                || names.size() != Math.min(count, MAX_BESIDE)
                || !names.equals(List.copyOf(new TreeSet<>(names)))) {
            throw new MalformedException("`" + BESIDE + "` does not name the databases that it counts");
        }
    }

    /** A database is counted in rows, a directory in files, what a program of somebody's copies in parts. */
    private static void requireAmount(Fields fields) {
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
