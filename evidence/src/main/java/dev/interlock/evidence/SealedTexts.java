package dev.interlock.evidence;

import java.io.ByteArrayOutputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The texts of a receipt that may name a person. They stand encrypted in its member {@code sealed}, and empty values in
 * their places: whoever forgets the key erases them, and no byte of the log changes. {@code docs/formats/receipt.md}
 * says which they are.
 */
public final class SealedTexts {

    /** What stands in the place of a text. */
    public static final String PLACEHOLDER = "(sealed)";

    static final String MEMBER = "sealed";

    /** Members that are sealed, wherever they are. Of digests, those by which somebody could test a guessed text. */
    private static final Set<String> ERASABLE = Set.of(
            "task",
            "reason",
            "summary",
            "subject",
            "id",
            "value",
            "radius",
            "path",
            "query",
            "headers",
            "free",
            "push",
            "nonce",
            "meaning_sha256",
            "request_sha256",
            "like_sha256");

    /** Members within which such members are sealed. */
    private static final Set<String> CONTAINERS = Set.of(
            "actions", "resources", "facts", "confirmation", "statement", "meaning", "request", "observed");

    /** What separates words in JSON and ends with a letter or a digit. */
    private static final Pattern ESCAPE = Pattern.compile("\\\\(?:u[0-9a-f]{4}|[bfnrt])");

    private static final String ALGORITHM = "AES/GCM/NoPadding";
    private static final int TAG_BITS = 128;

    /** A key seals one receipt alone. */
    private static final byte[] NONCE = new byte[12];

    /** Length of a text that is worth compressing. */
    private static final int LONG = 1024;

    private static final int MAX_TEXT = 4 * Receipt.MAX_BYTES;

    private SealedTexts() {}

    /**
     * Returns {@code receipt} with its texts encrypted under the next of {@code numbers}, whose key must be among
     * {@code keys}; the same if it has none.
     */
    public static Receipt seal(Receipt receipt, LongSupplier numbers, TextKeys keys) {
        List<Json> texts = new ArrayList<>();
        Json.Members rest = replaced(receipt.members(), text -> {
            texts.add(text);
            return emptied(text);
        });
        if (texts.isEmpty()) {
            return receipt;
        }
        long number = numbers.getAsLong();
        byte[] key = keys.key(number, receipt.id()).orElseThrow();
        byte[] sealed = crypt(Cipher.ENCRYPT_MODE, key, packed(new Json.Array(texts).canonical()));
        return withMembers(
                receipt,
                rest.with(
                        MEMBER,
                        Json.object()
                                .with("number", number)
                                .with("key_sha256", Base64Text.write(Sha256.of(key)))
                                .with("text", Base64Text.write(sealed))));
    }

    /** Returns the number under which the texts of {@code receipt} are sealed; empty if it shows all that it has. */
    public static OptionalLong number(Receipt receipt) {
        return receipt.members()
                .optionalObject(MEMBER)
                .map(sealed -> OptionalLong.of(new StrictFields(sealed).count("number")))
                .orElse(OptionalLong.empty());
    }

    static boolean isSealed(Receipt receipt) {
        return receipt.members().get(MEMBER).isPresent();
    }

    /** Returns whether two texts are the same, as far as anybody can know. */
    static boolean perhapsSame(Optional<Json> one, Optional<Json> other) {
        Optional<Json> hidden = Optional.of(new Json.Text(PLACEHOLDER));
        return one.equals(other) || one.equals(hidden) || other.equals(hidden);
    }

    /**
     * Returns {@code receipt} as it was before it was sealed, if {@code keys} has its key; else the same.
     *
     * @throws MalformedException if it was not sealed under that key
     */
    public static Receipt open(Receipt receipt, TextKeys keys) {
        return keys.of(receipt).map(key -> open(receipt, key)).orElse(receipt);
    }

    /** Returns {@code receipt} as it was before it was sealed under {@code key}. */
    static Receipt open(Receipt receipt, byte[] key) {
        StrictFields sealed = new StrictFields(receipt.members().object(MEMBER));
        if (!Arrays.equals(Base64Text.read(sealed.text("key_sha256")), Sha256.of(key))) {
            throw new MalformedException("the texts are sealed under another key");
        }
        byte[] packed = crypt(Cipher.DECRYPT_MODE, key, Base64Text.read(sealed.text("text")));
        Json texts = Json.read(unpacked(packed));
        if (!(texts instanceof Json.Array)) {
            throw new MalformedException("the sealed texts are not an array");
        }
        Iterator<Json> next = ((Json.Array) texts).items().iterator();
        Json.Members whole = replaced(receipt.members().without(Set.of(MEMBER)), empty -> {
            if (!next.hasNext()) {
                throw new MalformedException("a sealed text is missing");
            }
            return next.next();
        });
        if (next.hasNext()) {
            throw new MalformedException("there are more sealed texts than places");
        }
        return withMembers(receipt, whole);
    }

    private static Receipt withMembers(Receipt receipt, Json.Members members) {
        return new Receipt(receipt.id(), receipt.kind(), receipt.at(), receipt.origin(), members);
    }

    /** Replaces each erasable value, in the order of the canonical form. What was counted is no text. */
    private static Json.Members replaced(Json.Members object, UnaryOperator<Json> by) {
        if (object.textIfAny("name").filter(name -> name.startsWith("count.")).isPresent()) {
            return object;
        }
        Map<String, Json> members = new TreeMap<>(object.members());
        members.replaceAll((name, value) -> {
            boolean isText = value instanceof Json.Text || value instanceof Json.Members || value instanceof Json.Array;
            boolean isList = name.equals("resources") && areTexts(value);
            return isText && (ERASABLE.contains(name) || isList)
                    ? by.apply(value)
                    : CONTAINERS.contains(name) ? inside(value, by) : value;
        });
        return new Json.Members(members);
    }

    /** Returns whether {@code value} is a list of names, empty or emptied, in place of a list of objects. */
    private static boolean areTexts(Json value) {
        return value instanceof Json.Array
                && ((Json.Array) value).items().stream().allMatch(Json.Text.class::isInstance);
    }

    private static Json inside(Json value, UnaryOperator<Json> by) {
        if (value instanceof Json.Members) {
            return replaced((Json.Members) value, by);
        }
        return value instanceof Json.Array
                ? new Json.Array(((Json.Array) value)
                        .items().stream().map(item -> inside(item, by)).toList())
                : value;
    }

    private static Json emptied(Json value) {
        if (value instanceof Json.Members) {
            return Json.object();
        }
        return value instanceof Json.Array ? new Json.Array(List.of()) : new Json.Text(PLACEHOLDER);
    }

    private static byte[] crypt(int mode, byte[] key, byte[] text) {
        try {
            Cipher cipher = Cipher.getInstance(ALGORITHM);
            cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(TAG_BITS, NONCE));
            return cipher.doFinal(text);
        } catch (GeneralSecurityException e) {
            throw new MalformedException("the sealed texts do not open", e);
        }
    }

    /** Returns {@code text} behind a byte that says whether it is compressed: long ones say most things twice. */
    private static byte[] packed(byte[] text) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        packed.write(text.length > LONG ? 1 : 0);
        if (text.length <= LONG) {
            packed.writeBytes(text);
            return packed.toByteArray();
        }
        Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
        try {
            deflater.setInput(text);
            deflater.finish();
            byte[] buffer = new byte[4096];
            while (!deflater.finished()) {
                packed.write(buffer, 0, deflater.deflate(buffer));
            }
            return packed.toByteArray();
        } finally {
            deflater.end();
        }
    }

    private static byte[] unpacked(byte[] packed) {
        if (packed.length == 0 || packed[0] == 0) {
            return Arrays.copyOfRange(packed, Math.min(1, packed.length), packed.length);
        }
        Inflater inflater = new Inflater(true);
        try {
            inflater.setInput(packed, 1, packed.length - 1);
            byte[] text = new byte[MAX_TEXT];
            int length = inflater.inflate(text);
            if (!inflater.finished()) {
                throw new MalformedException("the sealed texts are cut off, or too long");
            }
            return Arrays.copyOf(text, length);
        } catch (DataFormatException e) {
            throw new MalformedException("the sealed texts do not open", e);
        } finally {
            inflater.end();
        }
    }

    /**
     * Returns whether {@code receipt}, which is open, names {@code subject}: by itself and not as a part of a longer
     * word, in any case, as it is or as it is written in an address.
     */
    public static boolean mentions(Receipt receipt, String subject) {
        return names(receipt.members().canonicalText(), subject);
    }

    /** Returns whether {@code text}, which is JSON, names {@code subject} likewise. */
    public static boolean names(String text, String subject) {
        String all = ESCAPE.matcher(text.toLowerCase(Locale.ROOT)).replaceAll(" ");
        String written = new Json.Text(subject).canonicalText().toLowerCase(Locale.ROOT);
        return hasWord(all, written.substring(1, written.length() - 1))
                || hasWord(all, URLEncoder.encode(subject, StandardCharsets.UTF_8).toLowerCase(Locale.ROOT));
    }

    private static boolean hasWord(String all, String word) {
        for (int at = all.indexOf(word); at >= 0; at = all.indexOf(word, at + 1)) {
            int end = at + word.length();
            if ((at == 0 || !Character.isLetterOrDigit(all.charAt(at - 1)))
                    && (end == all.length() || !Character.isLetterOrDigit(all.charAt(end)))) {
                return true;
            }
        }
        return false;
    }
}
