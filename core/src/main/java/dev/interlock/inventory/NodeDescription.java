package dev.interlock.inventory;

import dev.interlock.action.Resource;
import java.util.Optional;

/**
 * What a provider tells of a thing that is named by an opaque id.
 *
 * <p>Only {@code container} and {@code ref} decide anything. The other texts are others' words, made for people's eyes.
 *
 * @param container what the thing lies in
 * @param name how people call it, with its kind and place: {@code discussion #12 in acme/dev}; it is unlike that of any
 *     other thing, as far as the provider's own numbers and names are
 * @param title what its author called it
 * @param ref the whole name of a branch or tag, as {@code refs/heads/main}
 */
record NodeDescription(
        Optional<Resource> container, Optional<String> name, Optional<String> title, Optional<String> ref) {}
