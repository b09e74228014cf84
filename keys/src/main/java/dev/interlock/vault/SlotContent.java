package dev.interlock.vault;

import dev.interlock.action.Seal.CredentialSlot;
import dev.interlock.action.Secret;
import dev.interlock.evidence.Json;
import dev.interlock.evidence.MalformedException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** The contents of a slot, as a person put them; with a {@code user}, its password, sent as HTTP Basic (RFC 7617). */
public record SlotContent(SecretOrigin origin, Optional<String> user) {

    private static final int MAX_USER = 255;
    /** Minimum length of a password. A shorter one would occur in any answer by chance, and could not be redacted. */
    static final int MIN_PASSWORD = 8;

    private static final int MAX_ARGUMENTS = 32;
    private static final int MAX_ARGUMENT = 1024;

    public sealed interface SecretOrigin {

        /** The secret itself, copied when it was put. */
        record CopiedSecret(Secret secret) implements SecretOrigin {}

        /** A program's absolute path and arguments, no secrets: every process can see them. */
        record FetchCommand(List<String> command) implements SecretOrigin {
            public FetchCommand {
                command = List.copyOf(command);
                requireCommand(command);
            }
        }

        /** An OAuth grant of the vault, which other slots may also refer to, to fetch an access token with. */
        record GrantReference(String name) implements SecretOrigin {
            public GrantReference {
                if (!GrantStore.isName(name)) {
                    throw new IllegalArgumentException("not the name of a grant");
                }
            }
        }
    }

    public SlotContent {
        user.ifPresent(SlotContent::requireUser);
        if (user.isPresent() && origin instanceof SecretOrigin.CopiedSecret(Secret password)) {
            requirePassword(password);
        }
        if (user.isPresent() && origin instanceof SecretOrigin.GrantReference) {
            throw new IllegalArgumentException("an access token is no password");
        }
    }

    public static SlotContent token(Secret secret) {
        return new SlotContent(new SecretOrigin.CopiedSecret(secret), Optional.empty());
    }

    /** Returns the header field's value for {@code secret}, after the scheme. */
    Secret sent(Secret secret) {
        if (user.isEmpty()) {
            return secret;
        }
        byte[] plain = secret.use(value -> (user.get() + ":" + value).getBytes(StandardCharsets.US_ASCII));
        try {
            return new Secret(Base64.getEncoder().encodeToString(plain));
        } finally {
            Arrays.fill(plain, (byte) 0);
        }
    }

    /** Returns whether the seal sends {@code slot} with the scheme that carries a user and a password. */
    static boolean isBasic(CredentialSlot slot) {
        return slot.header().equals("authorization") && slot.scheme().equalsIgnoreCase("basic");
    }

    Secret copied() {
        if (origin instanceof SecretOrigin.CopiedSecret(Secret secret)) {
            return secret;
        }
        throw new IllegalArgumentException("it is not a copied secret");
    }

    /** Returns whether it is a plain token, the only contents that the first format allowed. */
    boolean isToken() {
        return user.isEmpty() && origin instanceof SecretOrigin.CopiedSecret;
    }

    Json.Members json() {
        Json.Members fields = Json.object().withOptional("user", user);
        return switch (origin) {
            case SecretOrigin.CopiedSecret(Secret secret) -> fields.with("secret", secret.<String>use(value -> value));
            case SecretOrigin.FetchCommand(List<String> command) -> fields.withTexts("command", command);
            case SecretOrigin.GrantReference(String name) -> fields.with("grant", name);
        };
    }

    /** Reads what {@link #json} writes. The message of a failure quotes nothing of it. */
    static SlotContent read(Json.Members fields) {
        int known = (fields.get("user").isPresent() ? 2 : 1);
        if (fields.members().size() != known) {
            throw new MalformedException("a slot contains unknown members");
        }
        return new SlotContent(origin(fields), fields.optionalText("user"));
    }

    private static SecretOrigin origin(Json.Members fields) {
        if (fields.get("secret").isPresent()) {
            return new SecretOrigin.CopiedSecret(new Secret(fields.text("secret")));
        }
        return fields.get("grant").isPresent()
                ? new SecretOrigin.GrantReference(fields.text("grant"))
                : new SecretOrigin.FetchCommand(fields.texts("command"));
    }

    static void requirePassword(Secret password) {
        if (password.<Boolean>use(value -> value.length() < MIN_PASSWORD)) {
            throw new IllegalArgumentException("a password needs at least " + MIN_PASSWORD + " characters");
        }
    }

    /** Requires a user name that HTTP Basic can carry. */
    public static void requireUser(String user) {
        // RFC 7617 §2: the first colon ends the user-id, so it must not contain one.
        boolean sound = !user.isEmpty()
                && user.length() <= MAX_USER
                && user.chars().allMatch(c -> c > 0x20 && c < 0x7f && c != ':');
        if (!sound) {
            throw new IllegalArgumentException("a user name must be visible ASCII characters without a colon");
        }
    }

    private static void requireCommand(List<String> command) {
        List<String> odd = new ArrayList<>(command);
        odd.removeIf(part -> part.length() <= MAX_ARGUMENT && part.chars().allMatch(c -> c >= 0x20 && c < 0x7f));
        if (command.isEmpty() || command.size() > MAX_ARGUMENTS || !odd.isEmpty()) {
            throw new IllegalArgumentException("a command must be a path and at most " + (MAX_ARGUMENTS - 1)
                    + " arguments, each of printable ASCII characters");
        }
        Path program = Path.of(command.getFirst());
        if (!program.isAbsolute() || !program.normalize().equals(program)) {
            throw new IllegalArgumentException("a command must be an absolute path");
        }
    }
}
