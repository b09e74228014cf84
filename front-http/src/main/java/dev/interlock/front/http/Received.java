package dev.interlock.front.http;

/** What the decoder hands on: a whole request, or why there is none and will be no other. */
sealed interface Received permits WireRequest, UnreadableException {}
