package dev.interlock.inventory;

import dev.interlock.action.Resource;
import dev.interlock.action.Seal;
import java.util.Set;

/** Asks one kind of provider. */
sealed interface Resolver permits RailwayResolver {

    /**
     * A picture of all that {@code upstream} has.
     *
     * @throws UnresolvedException if any part of it could not be read whole
     */
    Topology survey(Seal.Upstream upstream, Questions questions) throws UnresolvedException;

    /**
     * The parts of {@code known} that hold {@code resources}, read anew; everything, if one of them is not in it.
     *
     * @throws UnresolvedException if any part of it could not be read whole
     */
    Topology survey(Seal.Upstream upstream, Topology known, Set<Resource> resources, Questions questions)
            throws UnresolvedException;

    /**
     * {@code picture} with those of {@code resources} that nobody lists.
     *
     * @throws UnresolvedException if one of the answers could not be read whole
     */
    Topology withSingles(Seal.Upstream upstream, Topology picture, Set<Resource> resources, Questions questions)
            throws UnresolvedException;

    /**
     * {@code picture} with the backups that lie on {@code resources} or in them.
     *
     * @throws UnresolvedException if one of the answers could not be read whole
     */
    Topology withBackups(Seal.Upstream upstream, Topology picture, Set<Resource> resources, Questions questions)
            throws UnresolvedException;
}
