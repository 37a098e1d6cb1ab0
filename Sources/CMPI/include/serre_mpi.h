/// The part of MPI that Serre's fabric needs, behind plain integers and opaque pointers.
///
/// Swift cannot import MPI's handles (they are macros), so mpi.h is included by the implementation only. Every function
/// that returns int returns 0 on success, else an MPI error code for serre_mpi_describe_error. One thread calls (MPI_THREAD_FUNNELED).
#ifndef SERRE_MPI_H
#define SERRE_MPI_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__cplusplus)
extern "C" {
#endif

/// A private copy of the world communicator whose errors are returned.
typedef struct serre_mpi_world serre_mpi_world;
/// One non-blocking operation that has not been seen to end.
typedef struct serre_mpi_request serre_mpi_request;

/// Initialises MPI for one calling thread and duplicates the world; *world is NULL unless 0 is returned.
int serre_mpi_start(serre_mpi_world **world);
/// Ends MPI on every process of the world (a collective call) and frees the world.
void serre_mpi_finish(serre_mpi_world *world);
/// Ends every process of the world now, with the given exit status.
void serre_mpi_abort(serre_mpi_world *world, int status);

int serre_mpi_size(const serre_mpi_world *world);
int serre_mpi_rank(const serre_mpi_world *world);

/// Name and version of the MPI library, zero-terminated, cut to capacity. May be called before serre_mpi_start.
void serre_mpi_library(char *text, int capacity);
/// What an error code means, zero-terminated, cut to capacity.
void serre_mpi_describe_error(int code, char *text, int capacity);

/// Starts to send count bytes, which must stay in place until the request has ended. *request is NULL when the send
/// has already ended.
int serre_mpi_send(serre_mpi_world *world, const void *bytes, int count, int to, int tag, serre_mpi_request **request);
/// Starts to receive exactly count bytes from one process.
int serre_mpi_receive(serre_mpi_world *world, void *bytes, int count, int from, int tag, serre_mpi_request **request);
/// Receives one message of at most capacity bytes from any process, if there is one; *found says whether there was.
int serre_mpi_receive_any(serre_mpi_world *world, void *bytes, int capacity, int tag, bool *found, int *from, int *count);
/// Asks whether *request has ended; if so it is freed and *request is NULL.
int serre_mpi_test(serre_mpi_request **request);

/// Non-blocking collectives: every process starts the same ones in the same order.
int serre_mpi_broadcast(serre_mpi_world *world, void *bytes, int count, int root, serre_mpi_request **request);
int serre_mpi_barrier(serre_mpi_world *world, serre_mpi_request **request);
/// counts and offsets have one entry per process and stay in place until the request has ended, as do the bytes.
int serre_mpi_gather_to_all(serre_mpi_world *world, const void *bytes, int count, void *all, const int *counts,
                            const int *offsets, serre_mpi_request **request);

#if defined(__cplusplus)
}
#endif

#endif
