package dev.interlock.admin;

import java.util.Optional;

/**
 * Somebody who asks, and how they were identified.
 *
 * @param user the user's name, or its number if it has none; for a passkey, an invitation or a provider, the person of
 *     the seal
 * @param entrance the way in which they were identified
 * @param session the name of their session at the console; empty before there is one
 */
public record Peer(String user, SignInMethod entrance, Optional<String> session) {

    public sealed interface SignInMethod {

        record Socket() implements SignInMethod {}
        /** At the console, by a code that this user of the machine was given at the socket. */
        record OneTimeCode() implements SignInMethod {}
        /** At the console, by an invitation for this person of the seal, who has no passkey yet. */
        record Invitation() implements SignInMethod {}
        /** At the console, by a passkey of this person of the seal, whose id this is in base64url. */
        record Passkey(String credential) implements SignInMethod {}
        /** At the console, by the seal's OpenID provider, which says that its subject is a person of the seal. */
        record OpenIdProvider(String issuer, String subject) implements SignInMethod {}
    }

    public Peer(String user) {
        this(user, new SignInMethod.Socket());
    }

    /** A peer without a session, or before there is one. */
    public Peer(String user, SignInMethod entrance) {
        this(user, entrance, Optional.empty());
    }

    /** Returns the same peer, in the session of that name. */
    public Peer in(String name) {
        return new Peer(user, entrance, Optional.of(name));
    }

    /** Returns whether the peer is at the console, where fewer commands are available. */
    public boolean isAtConsole() {
        return !(entrance instanceof SignInMethod.Socket);
    }

    /** Returns the name, and how it is known: a user with a person's name is not that person. */
    public String identification() {
        return switch (entrance) {
            case SignInMethod.Passkey _ -> "person " + user;
            case SignInMethod.OpenIdProvider _ -> "by a provider's word " + user;
            case SignInMethod.Invitation _ -> "by an invitation " + user;
            case SignInMethod.Socket _, SignInMethod.OneTimeCode _ -> "user " + user;
        };
    }

    /** Returns the person of the seal, if a passkey or the seal's provider identified one. */
    public Optional<String> person() {
        return switch (entrance) {
            case SignInMethod.Passkey _, SignInMethod.OpenIdProvider _ -> Optional.of(user);
            case SignInMethod.Socket _, SignInMethod.OneTimeCode _, SignInMethod.Invitation _ -> Optional.empty();
        };
    }
}
