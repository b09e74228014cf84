package dev.interlock.action;

import dev.interlock.evidence.CallGrant;
import dev.interlock.evidence.SaltedText;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A fact that a decision depends on.
 *
 * @param name a dotted name, as {@code argument.replace}
 * @param isSalted whether receipts and statements hold only a salted digest of the value
 */
public record Fact(String name, String value, Provenance provenance, boolean isSalted) {

    /** The name of a safer alternative from the catalog. */
    public static final String SAFER = "safer";

    /** The name of what the catalog says of the call's arguments. */
    public static final String BECAUSE = "because";

    /** The name of the part that the catalog knows to be destroyed, if it is not the whole resource. */
    public static final String DESTROYS = "destroys";

    /** The value of {@link #DESTROYS} if nothing that exists already is destroyed. */
    public static final String ONLY_NEW = "only what it makes";

    /**
     * The name of a resource that the catalog knows to be touched and not lost, although the action destroys others.
     */
    public static final String KEEPS = "keeps";

    /** Begins the names of quantities, for example {@code count.recipients}: a whole number, or {@link #UNCOUNTED}. */
    public static final String COUNT = CallGrant.COUNT;

    /**
     * Begins the names of what an upstream has counted, by what is done to it, for example {@code rows.delete}:
     * {@code 40 orders, 119 lines (cascade)}.
     */
    public static final String ROWS = "rows.";

    /** The value of a quantity that nobody knows. */
    public static final String UNCOUNTED = "unknown";

    /** The value of an argument that would name what is read, if that is read by another name, such as a digest. */
    public static final String UNNAMED = "(unnamed)";

    /** The argument that is the name of a file, at every operation that reads one. */
    public static final String FILE = "file";

    /** What policies read beside {@link #FILE} if that is one of {@link SecretFiles}: the same name. */
    public static final String SECRET_FILE = "secret_file";

    /** A part of what is touched: its kind, and the path of the argument that names it, as {@code label: name}. */
    public static final String THING = "thing";

    /** Stands between the kind of a {@link #THING} and the argument that names it. */
    public static final String NAMED_BY = ": ";

    /** What a replacing call would take away, as the gateway has found out. */
    public static final String LEAVES_OUT = CallGrant.LEAVES_OUT;

    /** Begins the names by which policies read quantities. No path of an argument begins so. */
    private static final String READ_COUNT = "#";

    /** Begins the names of arguments. The rest is the path in the catalog, for example {@code body.ref}. */
    public static final String ARGUMENT = "argument.";

    /** Begins the names of what the gateway has measured of a push by Git. Policies read it like arguments. */
    public static final String PUSHED = ARGUMENT + "push.";

    /** The name of how a push changes the files that machines run. People read it; no policy does. */
    public static final String DIFF = "diff";

    /** Begins the line above each file in a {@link #DIFF}. No line of a file begins so. */
    public static final String DIFF_FILE = "File ";

    /** Maximum characters of most facts. A start command is shorter; a receipt holds 16 KB in all. */
    public static final int MAX_TEXT = 1_000;

    private static final Pattern SHORTENED = Pattern.compile("\\.\\.\\. \\(\\d+ characters\\)");

    /** Creates a fact whose value receipts and statements hold. */
    public Fact(String name, String value, Provenance provenance) {
        this(name, value, provenance, false);
    }

    /** Returns {@code text}, or its beginning and its length, if it is too long. */
    public static String shortened(String text) {
        return text.length() <= MAX_TEXT
                ? text
                : VisibleText.cut(text, MAX_TEXT) + "... (" + text.length() + " characters)";
    }

    /**
     * Returns whether {@code value} is all that was sent, and not its beginning or its salted digest. False if that is
     * not certain.
     */
    public static boolean isWhole(String value) {
        boolean cut = value.length() > MAX_TEXT
                && SHORTENED.matcher(value.substring(MAX_TEXT - 1)).find();
        return !cut && !SaltedText.isDigest(value);
    }

    /**
     * Returns the name by which policies read this fact, if they can: an argument's path, or a quantity's after a #.
     */
    public Optional<String> readAs() {
        if (name.startsWith(COUNT) && provenance != Provenance.CLAIMED) {
            return Optional.of(READ_COUNT + name.substring(COUNT.length()));
        }
        boolean isRead =
                provenance == Provenance.CLAIMED || (provenance == Provenance.RESOLVED && name.startsWith(PUSHED));
        return isRead && name.startsWith(ARGUMENT) ? Optional.of(name.substring(ARGUMENT.length())) : Optional.empty();
    }

    /** Returns the name of the fact that policies read by {@code read}. */
    public static String readBy(String read) {
        return isCount(read) ? COUNT + countRead(read) : ARGUMENT + (read.equals(SECRET_FILE) ? FILE : read);
    }

    /** Returns the name by which policies read the quantity {@code count}. */
    public static String readCount(String count) {
        return READ_COUNT + count;
    }

    /** Returns the quantity that policies read by {@code read}. */
    public static String countRead(String read) {
        return read.substring(READ_COUNT.length());
    }

    /** Returns whether policies read a quantity by {@code read}, and no argument. */
    public static boolean isCount(String read) {
        return read.startsWith(READ_COUNT);
    }
}
