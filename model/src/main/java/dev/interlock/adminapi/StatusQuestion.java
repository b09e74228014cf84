package dev.interlock.adminapi;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** The question what the gateway protects right now. */
public sealed interface StatusQuestion<A extends Record> extends Question<A> {

    @AdminCommand(name = "status", users = Entitlement.CONSOLE, about = "See below")
    record AskStatus() implements StatusQuestion<Status> {}

    /**
     * The gateway's protections.
     *
     * @param enforcing whether a seal is in force, the ledger appends, the clock is believed and no probe is red
     * @param why nothing is enforced, with the next step; empty if all is
     * @param partly what does not work although calls are held, with the next step
     * @param kills a sentence for each in force
     * @param things that a person should look at: a sentence for each, with its next step
     */
    record Status(
            boolean enforcing,
            Optional<String> why,
            Optional<String> partly,
            @Flat Parts parts,
            @Flat SealStatus seal,
            @Flat LedgerStatus ledger,
            @Flat SecretStatus secrets,
            long leases,
            Optional<Long> holds,
            List<String> kills,
            List<String> freezes,
            String console,
            List<String> things) {

        /** Returns the whole answer in a sentence; {@code further} things are known to the asker alone. */
        public String verdict(int further) {
            int count = things.size() + further;
            String partial = partly.map(cause -> "PARTLY PROTECTED: " + cause).orElse("Protected.");
            return why.map(cause -> "NOT PROTECTED: " + cause).orElse(partial)
                    + (count == 0 ? "" : count == 1 ? " 1 thing to look at." : " " + count + " things to look at.");
        }
    }

    /** The parts of the gateway, and how they are tested. */
    record Parts(
            String listen,
            String separation,
            String keys,
            Map<String, String> alerts,
            String probes,
            Map<String, String> fronts,
            Map<String, String> probed,
            Optional<RemoteStatus> remote,
            Optional<StoreStatus> store) {}

    /**
     * A store that several gateways share.
     *
     * @param own the name of the gateway that says this
     * @param number of the last transaction that wrote there
     * @param nodes those that have not ended in order
     */
    record StoreStatus(String own, long number, List<NodeStatus> nodes) {}

    /**
     * One of the gateways.
     *
     * @param heard when it last reached the store
     * @param silent whether that is longer ago than it should be: it serves nothing
     * @param behind how many transactions had come when it last said until where it has followed
     * @param seal the sequence of its seal in force, if it said so
     * @param why it protects nothing, in its own words; empty if it does
     * @param uncopied how many receipts of its log the copy below {@code replicas} lacks, if there is one
     */
    record NodeStatus(
            String name,
            String version,
            String since,
            String heard,
            boolean silent,
            long behind,
            Optional<Long> seal,
            Optional<String> why,
            Optional<Long> uncopied) {

        /** Returns it in a line; {@code time} writes a time for the reader. */
        public String words(String own, UnaryOperator<String> time) {
            return name + (name.equals(own) ? ", this one" : "") + ": " + version
                    + seal.map(sequence -> ", seal " + sequence).orElse("") + ", since " + time.apply(since)
                    + ", " + behind + " behind"
                    + uncopied.filter(count -> count > 0)
                            .map(count -> ", " + count + " receipts not copied here")
                            .orElse("")
                    + (silent
                            ? ", SILENT since " + time.apply(heard)
                            : why.map(cause -> ", NOT PROTECTED: " + cause).orElse(""));
        }
    }

    record RemoteStatus(
            String listens,
            List<String> names,
            String certificateUntil,
            long machines,
            Optional<String> nextMachineUntil) {}

    /**
     * The seal in force.
     *
     * @param bots what it says of the machines that read texts at an upstream, a line for each kind; without those of
     *     which it says nothing
     */
    record SealStatus(
            String seal,
            long sealSequence,
            String sealExpires,
            String observing,
            String solo,
            Map<String, String> upstreams,
            Map<String, String> catalogs,
            Map<String, List<String>> credentialHeaders,
            Map<String, List<String>> bots) {}

    record LedgerStatus(
            long receipts,
            long published,
            String ledger,
            String ledgerRoom,
            String publishing,
            String replica,
            Map<String, String> witnesses,
            Optional<Long> replicaLag,
            String logKey) {}

    /** What the vault lacks; nothing is known of one that cannot be read. */
    record SecretStatus(Optional<List<String>> credentialsMissing, Optional<List<String>> credentialsShared) {}
}
