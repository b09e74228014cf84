package dev.interlock.identity;

import dev.interlock.action.Attempt;
import dev.interlock.action.Secret;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The contents of one credential carrier, parsed as clients write it: bare, after a scheme, or as a user and password.
 */
final class CarrierContent {

    private static final String OF_TUNNEL = "header proxy-authorization";

    /** Schemes that a token follows unencoded. */
    private static final Set<String> BARE_SCHEMES = Set.of("bearer", "token");

    /** Beside a key in Basic there must be an obvious user name: some providers take the key itself as the user. */
    private static final Pattern PLAIN_USER = Pattern.compile("([A-Za-z][A-Za-z-]{0,23}[0-9]?)?");

    private final String carrier;
    private final Optional<Secret> lease;
    private final List<Secret> readings;

    private CarrierContent(String carrier, Optional<Secret> lease, List<Secret> readings) {
        this.carrier = carrier;
        this.lease = lease;
        this.readings = List.copyOf(readings);
    }

    static List<CarrierContent> read(List<Attempt.PresentedCredential> presented) {
        return presented.stream()
                .filter(half -> presented.stream().noneMatch(other -> isNameBeside(half, other)))
                .map(CarrierContent::read)
                .toList();
    }

    /** Fronts pass the halves of a Basic credential as {@code … user} and {@code … password}. */
    private static boolean isNameBeside(Attempt.PresentedCredential half, Attempt.PresentedCredential other) {
        return (isHalf(half, " user", other, " password") || isHalf(half, " password", other, " user"))
                && half.secret().<Boolean>use(text -> PLAIN_USER.matcher(text).matches())
                && other.secret().<Boolean>use(LeaseToken::looksLike);
    }

    private static boolean isHalf(
            Attempt.PresentedCredential one, String role, Attempt.PresentedCredential other, String otherRole) {
        String name = one.carrier();
        return name.endsWith(role)
                && other.carrier().equals(name.substring(0, name.length() - role.length()) + otherRole);
    }

    static CarrierContent read(Attempt.PresentedCredential presented) {
        return presented.secret().use(value -> read(presented.carrier(), value));
    }

    private static CarrierContent read(String carrier, String value) {
        if (LeaseToken.looksLike(value)) {
            return new CarrierContent(carrier, Optional.of(new Secret(value)), List.of());
        }
        int space = value.indexOf(' ');
        String scheme = space < 0 ? "" : value.substring(0, space).toLowerCase(Locale.ROOT);
        String rest = value.substring(space + 1);
        if (BARE_SCHEMES.contains(scheme)) {
            return new CarrierContent(carrier, tokenIn(rest), secrets(rest, value));
        }
        return scheme.equals("basic") ? basic(carrier, value, rest) : foreign(carrier, value, rest);
    }

    private static CarrierContent foreign(String carrier, String value, String rest) {
        return new CarrierContent(carrier, Optional.empty(), secrets(value, rest));
    }

    private static CarrierContent basic(String carrier, String value, String encoded) {
        Optional<String> pair = decode(encoded).filter(text -> text.indexOf(':') >= 0);
        if (pair.isEmpty()) {
            return foreign(carrier, value, encoded);
        }
        String user = pair.get().substring(0, pair.get().indexOf(':'));
        String password = pair.get().substring(pair.get().indexOf(':') + 1);
        Optional<Secret> lease = tokenBeside(user, password).or(() -> tokenBeside(password, user));
        return new CarrierContent(carrier, lease, secrets(password, user, pair.get(), value));
    }

    private static Optional<Secret> tokenBeside(String other, String token) {
        return PLAIN_USER.matcher(other).matches() ? tokenIn(token) : Optional.empty();
    }

    private static Optional<Secret> tokenIn(String text) {
        return LeaseToken.looksLike(text) ? Optional.of(new Secret(text)) : Optional.empty();
    }

    private static Optional<String> decode(String encoded) {
        try {
            byte[] bytes = Base64.getDecoder().decode(encoded);
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (IllegalArgumentException | CharacterCodingException _) {
            return Optional.empty();
        }
    }

    private static List<Secret> secrets(String... values) {
        List<Secret> readings = new ArrayList<>();
        for (String value : values) {
            if (!value.isEmpty()) {
                readings.add(new Secret(value));
            }
        }
        return readings;
    }

    String carrier() {
        return carrier;
    }

    /** Returns whether it was meant for the gateway as a proxy, in a request for a tunnel. */
    boolean isForProxy() {
        return carrier.startsWith(OF_TUNNEL);
    }

    Optional<Secret> lease() {
        return lease;
    }

    /** Returns every possible reading of the contents, the likeliest first, to look a foreign credential up. */
    List<Secret> readings() {
        return readings.isEmpty() ? lease.stream().toList() : readings;
    }
}
