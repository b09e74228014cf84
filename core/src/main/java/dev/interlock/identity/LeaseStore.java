package dev.interlock.identity;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Stores leases, the requests that people sign for them, their elevations, kills, and machines elsewhere. What a method
 * writes is durable when it returns. Every method throws {@link dev.interlock.store.StoreUnavailableException} if the
 * store fails.
 */
public interface LeaseStore {

    /** Kinds of changes that other gateways follow; the key is the row's identifier. */
    String LEASE = "lease";

    String KILL = "kill";
    String ELEVATION = "elevation";
    String MACHINE = "machine";

    /** Those kinds; what stops the most comes first. */
    List<String> KINDS = List.of(KILL, LEASE, MACHINE, ELEVATION);

    /** The key of a change that ended more leases than are named one by one. */
    String MANY = "*";

    record StoredLease(String hash, LeaseEntry entry) {}

    /** Returns the leases that expire after {@code end}, those that were ended included. */
    List<StoredLease> leases(Instant end);

    List<StoredLease> leases(Set<String> ids);

    /** Returns the identifiers of the lease with this token and of all that it descends from. */
    Set<String> lineOf(String tokenHash);

    void add(String tokenHash, LeaseEntry entry);

    /**
     * Adds a lease and uses the request {@code nonce} up, in one step. False if the request is unknown or was used, by
     * whomever: then nothing is added.
     */
    boolean addOnce(String tokenHash, LeaseEntry entry, String nonce);

    /** Ends leases, by their identifiers. One that has ended keeps its first end. */
    void end(Map<String, LeaseEntry.LeaseEnd> ends);

    /** Moves the expiry of a lease. False if it was ended, by whomever. */
    boolean extend(LeaseEntry entry);

    /** Adds a request that may be signed until {@code expires}, and removes those that expired before {@code now}. */
    void open(String nonce, String statement, Instant expires, Instant now);

    /** Returns the statement of the request {@code nonce}, used or not. */
    Optional<String> opened(String nonce);

    List<LeaseElevation> elevations(Instant since);

    /** Adds an elevation. False if its hold has added one before. */
    boolean addElevation(LeaseElevation elevation);

    /** Ends an elevation for good; {@link LeaseElevation#isEnded} says so then. */
    void endElevation(String hold);

    /** Returns the kills in force, the oldest first. */
    List<Kill> kills();

    /** Puts kills in force, each in place of an earlier one of its target. */
    void addKills(List<Kill> kills);

    /** Returns those of {@code kills} that were lifted or replaced. */
    Set<String> lifted(Set<String> kills);

    /** Lifts a kill. False if it was lifted or replaced, by whomever. */
    boolean liftKill(Kill kill, String by, Instant at);

    List<RemoteMachine> machines(Instant now);

    void addMachine(RemoteMachine machine);

    /** Replaces the certificate of a machine, and keeps the earlier one. False if it has ended, or has another one. */
    boolean renewMachine(RemoteMachine renewed);

    void endMachine(String id);
}
