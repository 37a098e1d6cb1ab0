#include "serre_mpi.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <mpi.h>
#include <stdlib.h>
#include <string.h>

struct serre_mpi_world {
    MPI_Comm communicator;
};

struct serre_mpi_request {
    MPI_Request handle;
};

int serre_mpi_start(serre_mpi_world **world) {
    *world = NULL;
#ifdef __GLIBC__
    // Gradients travel in payloads of the same sizes every step. Memory that goes back to the system in between comes back
    // page by page, which takes longer than the message: 75 against 25 ms for an all-reduce of 64 MiB between two processes.
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, 0x7fffffff);
#endif
    int provided = 0;
    int error = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
    if (error != MPI_SUCCESS) return error;
    if (provided < MPI_THREAD_FUNNELED) return MPI_ERR_OTHER;
    struct serre_mpi_world *made = malloc(sizeof *made);
    if (made == NULL) return MPI_ERR_NO_MEM;
    error = MPI_Comm_dup(MPI_COMM_WORLD, &made->communicator);
    if (error == MPI_SUCCESS) error = MPI_Comm_set_errhandler(made->communicator, MPI_ERRORS_RETURN);
    if (error != MPI_SUCCESS) {
        free(made);
        return error;
    }
    *world = made;
    return 0;
}

void serre_mpi_finish(serre_mpi_world *world) {
    MPI_Comm_free(&world->communicator);
    free(world);
    MPI_Finalize();
}

void serre_mpi_abort(serre_mpi_world *world, int status) { MPI_Abort(world->communicator, status); }

int serre_mpi_size(const serre_mpi_world *world) {
    int size = 1;
    MPI_Comm_size(world->communicator, &size);
    return size;
}

int serre_mpi_rank(const serre_mpi_world *world) {
    int rank = 0;
    MPI_Comm_rank(world->communicator, &rank);
    return rank;
}

static void copy_text(const char *source, char *text, int capacity) {
    strncpy(text, source, (size_t)capacity - 1);
    text[capacity - 1] = 0;
}

void serre_mpi_library(char *text, int capacity) {
    char whole[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int length = 0;
    MPI_Get_library_version(whole, &length);
    copy_text(whole, text, capacity);
}

void serre_mpi_describe_error(int code, char *text, int capacity) {
    char whole[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    if (MPI_Error_string(code, whole, &length) != MPI_SUCCESS) whole[0] = 0;
    copy_text(whole, text, capacity);
}

int serre_mpi_test(serre_mpi_request **request) {
    if (*request == NULL) return 0;
    int ended = 0;
    int error = MPI_Test(&(*request)->handle, &ended, MPI_STATUS_IGNORE);
    if (error != MPI_SUCCESS || ended) {
        free(*request);
        *request = NULL;
    }
    return error;
}

/// Keeps a handle that may still be at work: the caller gets NULL when the operation has already ended.
static int keep(int error, MPI_Request handle, serre_mpi_request **request) {
    *request = NULL;
    if (error != MPI_SUCCESS) return error;
    int ended = 0;
    error = MPI_Test(&handle, &ended, MPI_STATUS_IGNORE);
    if (error != MPI_SUCCESS || ended) return error;
    *request = malloc(sizeof **request);
    if (*request == NULL) return MPI_ERR_NO_MEM;
    (*request)->handle = handle;
    return 0;
}

int serre_mpi_send(serre_mpi_world *world, const void *bytes, int count, int to, int tag, serre_mpi_request **request) {
    MPI_Request handle = MPI_REQUEST_NULL;
    int error = MPI_Isend(bytes, count, MPI_BYTE, to, tag, world->communicator, &handle);
    return keep(error, handle, request);
}

int serre_mpi_receive(serre_mpi_world *world, void *bytes, int count, int from, int tag, serre_mpi_request **request) {
    MPI_Request handle = MPI_REQUEST_NULL;
    int error = MPI_Irecv(bytes, count, MPI_BYTE, from, tag, world->communicator, &handle);
    return keep(error, handle, request);
}

int serre_mpi_receive_any(serre_mpi_world *world, void *bytes, int capacity, int tag, bool *found, int *from,
                          int *count) {
    int there = 0;
    MPI_Message message = MPI_MESSAGE_NULL;
    MPI_Status status;
    *found = false;
    int error = MPI_Improbe(MPI_ANY_SOURCE, tag, world->communicator, &there, &message, &status);
    if (error != MPI_SUCCESS || !there) return error;
    *found = true;
    *from = status.MPI_SOURCE;
    error = MPI_Get_count(&status, MPI_BYTE, count);
    if (error == MPI_SUCCESS) error = MPI_Mrecv(bytes, capacity, MPI_BYTE, &message, MPI_STATUS_IGNORE);
    return error;
}

int serre_mpi_broadcast(serre_mpi_world *world, void *bytes, int count, int root, serre_mpi_request **request) {
    MPI_Request handle = MPI_REQUEST_NULL;
    int error = MPI_Ibcast(bytes, count, MPI_BYTE, root, world->communicator, &handle);
    return keep(error, handle, request);
}

int serre_mpi_barrier(serre_mpi_world *world, serre_mpi_request **request) {
    MPI_Request handle = MPI_REQUEST_NULL;
    int error = MPI_Ibarrier(world->communicator, &handle);
    return keep(error, handle, request);
}

int serre_mpi_gather_to_all(serre_mpi_world *world, const void *bytes, int count, void *all, const int *counts,
                            const int *offsets, serre_mpi_request **request) {
    MPI_Request handle = MPI_REQUEST_NULL;
    int error = MPI_Iallgatherv(bytes, count, MPI_BYTE, all, counts, offsets, MPI_BYTE, world->communicator, &handle);
    return keep(error, handle, request);
}
