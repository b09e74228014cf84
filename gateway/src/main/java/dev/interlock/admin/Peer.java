package dev.interlock.admin;

import java.util.Optional;

/**
 * Somebody who asks, and how they were identified.
 *
 * @param user the user's name, or its number if it has none; for a passkey or a provider, the person of the seal
 * @param entrance the way in which they were identified
 * @param session the name of their session at the console; empty before there is one
 */
public record Peer(String user, Entrance entrance, Optional<String> session) {

    /** The way in which a peer was identified. */
    public sealed interface Entrance {

        /** At the socket, by the kernel. */
        record Socket() implements Entrance {}

        /** At the console, by a code that this user of the machine was given at the socket. */
        record Code() implements Entrance {}

        /**
         * At the console, by a passkey of this person of the seal.
         *
         * @param credential its id, base64url
         */
        record Passkey(String credential) implements Entrance {}

        /**
         * At the console, by the seal's OpenID provider, which says that this is a person of the seal.
         *
         * @param issuer the provider
         * @param subject the provider's name for the person
         */
        record Issuer(String issuer, String subject) implements Entrance {}
    }

    /** A peer at the socket. */
    public Peer(String user) {
        this(user, new Entrance.Socket());
    }

    /** A peer without a session, or before there is one. */
    public Peer(String user, Entrance entrance) {
        this(user, entrance, Optional.empty());
    }

    /** Returns the same peer, in the session of that name. */
    public Peer in(String name) {
        return new Peer(user, entrance, Optional.of(name));
    }

    /** Returns whether the peer is at the console, where fewer commands are available. */
    public boolean isAtConsole() {
        return !(entrance instanceof Entrance.Socket);
    }

    /** Returns the name, and how it is known: a user with a person's name is not that person. */
    public String identification() {
        return switch (entrance) {
            case Entrance.Passkey _ -> "person " + user;
            case Entrance.Issuer _ -> "by a provider's word " + user;
            case Entrance.Socket _, Entrance.Code _ -> "user " + user;
        };
    }

    /** Returns the person of the seal, if a passkey or the seal's provider identified one. */
    public Optional<String> person() {
        return switch (entrance) {
            case Entrance.Passkey _, Entrance.Issuer _ -> Optional.of(user);
            case Entrance.Socket _, Entrance.Code _ -> Optional.empty();
        };
    }
}
