package dev.interlock.evidence;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The texts of a receipt that may name a person. They stand encrypted in its member {@code sealed}, and empty values in
 * their places: whoever forgets the key erases them, and no byte of the log changes. {@code docs/formats/receipt.md}
 * says which they are.
 */
public final class SealedTexts {

    /** The command and the agent of receipts that say what was erased or must be kept. */
    public static final String ACT = "texts.order";

    public static final String AGENT = "interlock:texts";
    public static final String NUMBERS = "numbers";

    static final String MEMBER = "sealed";
    private static final Json EMPTY = new Json.Text("(sealed)");

    /** Members that are sealed. Of digests, those by which somebody could test a guessed text. */
    private static final Set<String> ERASABLE =
            Set.of(("task reason summary subject id value radius path query headers free push nonce"
                            + " meaning_sha256 request_sha256 like_sha256")
                    .split(" ", -1));

    /** Members within which such members are sealed. */
    private static final Set<String> CONTAINERS =
            Set.of("actions", "resources", "facts", "confirmation", "statement", "meaning", "request", "observed");

    /** What separates words in JSON and ends with a letter or a digit. */
    private static final Pattern ESCAPE = Pattern.compile("\\\\(?:u[0-9a-f]{4}|[bfnrt])");

    /** A text as it is, and what addresses in it are, encoded once or twice. */
    private static final int SPELLINGS = 3;

    private static final Pattern ENCODED = Pattern.compile("(?:%[0-9A-Fa-f]{2})+");

    private SealedTexts() {}

    /** Returns {@code receipt} with its texts encrypted under the next of {@code numbers}; the same if it has none. */
    public static Receipt seal(Receipt receipt, LongSupplier numbers, TextKeys keys) {
        List<Json> texts = new ArrayList<>();
        Json.Members rest = replaced(receipt.members(), text -> {
            texts.add(text);
            return text instanceof Json.Text
                    ? EMPTY
                    : text instanceof Json.Array ? new Json.Array(List.of()) : Json.object();
        });
        if (texts.isEmpty()) {
            return receipt;
        }
        long number = numbers.getAsLong();
        byte[] key = keys.of(number, receipt.id()).orElseThrow();
        byte[] sealed = crypt(Cipher.ENCRYPT_MODE, key, new Json.Array(texts).canonical());
        return receipt.with(rest.with(
                MEMBER,
                Json.object()
                        .with("number", number)
                        .with("key_sha256", Sha256.hex(key))
                        .with("text", Base64Text.write(sealed))));
    }

    /** Returns the number under which the texts of {@code receipt} are sealed; empty if it shows all that it has. */
    public static Optional<Long> number(Receipt receipt) {
        return receipt.members().optionalObject(MEMBER).map(member -> new StrictFields(member).count("number"));
    }

    static Optional<byte[]> key(Receipt receipt, TextKeys keys) {
        return number(receipt).flatMap(number -> keys.of(number, receipt.id()));
    }

    /** Returns {@code receipt} as it was before it was sealed, if {@code keys} has its key; else the same. */
    public static Receipt open(Receipt receipt, TextKeys keys) {
        return key(receipt, keys).map(key -> open(receipt, key)).orElse(receipt);
    }

    /** @throws MalformedException if it was not sealed under {@code key} */
    static Receipt open(Receipt receipt, byte[] key) {
        Json.Members sealed = receipt.members().object(MEMBER);
        if (!sealed.text("key_sha256").equals(Sha256.hex(key))) { // GCM alone lets two keys open one text
            throw new MalformedException("the texts are sealed under another key");
        }
        byte[] texts = crypt(Cipher.DECRYPT_MODE, key, Base64Text.read(sealed.text("text")));
        Iterator<Json> next =
                Json.object().with(MEMBER, Json.read(texts)).items(MEMBER).iterator();
        Json.Members whole = replaced(
                receipt.members().without(Set.of(MEMBER)),
                empty -> Optional.of(next)
                        .filter(Iterator::hasNext)
                        .map(Iterator::next)
                        .orElseThrow(() -> new MalformedException("a sealed text is missing")));
        if (next.hasNext()) {
            throw new MalformedException("there are more sealed texts than places");
        }
        return receipt.with(whole);
    }

    /** Replaces each erasable value, in the order of the canonical form. What was counted is no text. */
    private static Json.Members replaced(Json.Members object, UnaryOperator<Json> by) {
        Map<String, Json> members = new TreeMap<>(object.members());
        if (object.textIfAny("name").filter(name -> name.startsWith("count.")).isEmpty()) {
            members.replaceAll((name, value) -> {
                boolean isText =
                        value instanceof Json.Text || value instanceof Json.Members || value instanceof Json.Array;
                boolean areNames = name.equals("resources")
                        && value instanceof Json.Array array
                        && array.items().stream().allMatch(Json.Text.class::isInstance);
                return areNames || (isText && ERASABLE.contains(name))
                        ? by.apply(value)
                        : CONTAINERS.contains(name) ? inside(value, by) : value;
            });
        }
        return new Json.Members(members);
    }

    private static Json inside(Json value, UnaryOperator<Json> by) {
        if (value instanceof Json.Array array) {
            return new Json.Array(
                    array.items().stream().map(item -> inside(item, by)).toList());
        }
        return value instanceof Json.Members members ? replaced(members, by) : value;
    }

    /** A key is for one receipt alone, so that the nonce is always the same. */
    private static byte[] crypt(int mode, byte[] key, byte[] text) {
        try {
            Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
            cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(128, new byte[12]));
            return cipher.doFinal(text);
        } catch (GeneralSecurityException e) {
            throw new MalformedException("the sealed texts do not open", e);
        }
    }

    /** Returns whether two texts are the same, as far as anybody can know. */
    static boolean perhapsSame(Optional<Json> one, Optional<Json> other) {
        return one.equals(other) || one.equals(Optional.of(EMPTY)) || other.equals(Optional.of(EMPTY));
    }

    /** Finds receipts that name {@code subject} by itself, in any case, as it is or as an address has it. */
    public static Predicate<Receipt> naming(String subject) {
        Predicate<String> names = namedIn(subject);
        return receipt -> names.test(receipt.members().canonicalText());
    }

    /** Does the same for texts, and for JSON. */
    public static Predicate<String> namedIn(String subject) {
        String either = Stream.of(Normalizer.Form.NFC, Normalizer.Form.NFD)
                .map(form -> Pattern.quote(written(Normalizer.normalize(subject, form))))
                .collect(Collectors.joining("|"));
        Pattern word = Pattern.compile(
                "(?<![\\p{L}\\p{N}])(?:" + either + ")(?![\\p{L}\\p{N}])",
                Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);
        return text -> Stream.iterate(ESCAPE.matcher(text).replaceAll(" "), SealedTexts::decoded)
                .limit(SPELLINGS)
                .anyMatch(spelling -> word.matcher(spelling).find());
    }

    private static String decoded(String address) {
        return ENCODED.matcher(address.replace('+', ' '))
                .replaceAll(found -> Matcher.quoteReplacement(
                        new String(HexFormat.of().parseHex(found.group().replace("%", "")), StandardCharsets.UTF_8)));
    }

    private static String written(String text) {
        String json = new Json.Text(text).canonicalText();
        return json.substring(1, json.length() - 1);
    }
}
