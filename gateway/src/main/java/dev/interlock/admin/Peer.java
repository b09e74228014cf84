package dev.interlock.admin;

import java.util.Optional;

/**
 * Who asks, and how that is known.
 *
 * @param user the user's name, or its number if it has none; of somebody who showed a passkey, or whom the seal's
 *     provider knows, the person of the seal
 * @param entrance where they came in
 * @param session at the console, the name of the one in which they ask; empty before there is one
 */
public record Peer(String user, Entrance entrance, Optional<String> session) {

    /** How it is known who asks. */
    public sealed interface Entrance {

        /** At the socket, by the kernel's word. */
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
         * At the console, by the word of the seal's provider that this is a person of the seal.
         *
         * @param issuer whose word it is
         * @param subject what it calls them
         */
        record Issuer(String issuer, String subject) implements Entrance {}
    }

    /** At the socket. */
    public Peer(String user) {
        this(user, new Entrance.Socket());
    }

    /** In no session, or in none yet. */
    public Peer(String user, Entrance entrance) {
        this(user, entrance, Optional.empty());
    }

    /** The same, in the session of that name. */
    public Peer in(String name) {
        return new Peer(user, entrance, Optional.of(name));
    }

    /** Whether they came in at the console, where less may be asked for. */
    public boolean isAtConsole() {
        return !(entrance instanceof Entrance.Socket);
    }

    /** Who it is, and how that is known: a user who is called like a person is not that person. */
    public String known() {
        return switch (entrance) {
            case Entrance.Passkey _ -> "person " + user;
            case Entrance.Issuer _ -> "by a provider's word " + user;
            case Entrance.Socket _, Entrance.Code _ -> "user " + user;
        };
    }

    /** The person of the seal, if it is known by their passkey or the seal's provider which one. */
    public Optional<String> person() {
        return switch (entrance) {
            case Entrance.Passkey _, Entrance.Issuer _ -> Optional.of(user);
            case Entrance.Socket _, Entrance.Code _ -> Optional.empty();
        };
    }
}
